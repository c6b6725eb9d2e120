# Make targets over the scripts in lab/; "make help" says what there is.

BASE ?=
TREE ?=
VERSION ?=
FROM ?=
KIND ?=
FIRMWARES ?=
KERNELS ?=
CONFIG ?=
CASES ?=

base = $(or $(BASE),v6.12)

ifneq ($(TREE),)
ifneq ($(filter-out run build,$(or $(MAKECMDGOALS),run)),)
$(error TREE= is for run and build: 'make tree BASE= FROM=' has a tree for the others)
endif
endif

help:
	@sed -n 's/^#? \{0,1\}//p' Makefile

#? make run [BASE=v6.12] [TREE=dir]   stock and patched kernels built, booted,
#?                                    compared; report in out/
#? make test [BASE=]                  all tests, for each base with a tree
#? make check [BASE=]                 those of them that build no kernel: minutes
#? make series                        patches/ from series/ and whole files
#? make refresh BASE= [VERSION=]      series/ from the commits of a patched tree
#? make tree BASE= FROM=              cache a kernel tree: a directory, a tarball
#?                                    or a git URL, #branch-or-tag after it
#? make build [BASE=] [VERSION=]      only build, stock and patched
#? make walk [BASE=] [VERSION=]       build and boot after each patch
#? make shell [BASE=] [VERSION=]      a shell in the booted patched guest
#? make misbehave [BASE=] [KIND=patched] [CASES=]  firmware that misbehaves, and
#?                                    what becomes of the kernel (KIND=stock, too)
#? make firmwares [BASE=] [FIRMWARES=]  all boots, and all misbehaviour, on each
#?                                    firmware of the matrix in lab/tables/firmwares
#? make kernels [BASE=] [KERNELS=] [CONFIG=]  all kernels of lab/tables/kernels, built
#?                                    and booted; one is that of the file CONFIG=
#? make bench [BASE=] [VERSION=]      what the isolation costs, in instructions,
#?                                    against targets
#? make clients [BASE=] [VERSION=] [FIRMWARE=]  Debian's programs that use EFI, on
#?                                    stock and patched, side by side
#? make deb [BASE=] [VERSION=]        packages of the patched kernel with Debian's
#?                                    configuration, in out/deb
#? make distro [BASE=] [VERSION=]     these in a Debian guest: installed, booted by
#?                                    GRUB, used, removed
#? make scale [BASE=] [VERSION=]      how boot time, page tables and the cost of a
#?                                    call grow; takes an hour
#? make report [BASE=]                the report again, from the last run
#? make results                       doc/results.md from what the longer tests left
#? make figures                       what documents quote, from the last runs and bench
#? make deps                          install the Debian packages that are missing
#? make clean                         remove out/, and build directories in the cache;
#?                                    trees and disk images stay there
#?
#? BASE is v4.4, v6.1, v6.12 or v7.3. Kernel trees are kept in $EFI_PGD_CACHE,
#? ~/.cache/efi-pgd unless set.
run: deps
	@lab/report/run.sh "$(base)" "$(or $(TREE),$(VERSION))"

test: deps
	@BASE="$(BASE)" t/run.sh

check: deps
	@BASE="$(BASE)" t/run.sh --check

series:
	@lab/series/install-patches.sh $(BASE)

refresh:
	@lab/series/refresh.sh "$(BASE)" $(VERSION)

tree:
	@lab/build/cache-tree.sh "$(BASE)" "$(FROM)"

build: deps
	@lab/build/build-both.sh "$(base)" "$(or $(TREE),$(VERSION))"

walk: deps
	@lab/measure/walk.sh "$(base)" "$(VERSION)"

shell: deps
	@lab/boot/shell.sh "$(base)" "$(VERSION)"

misbehave: deps
	@VERSION="$(VERSION)" lab/measure/misbehave.sh "$(base)" "$(or $(KIND),patched)" \
		$(CASES)

firmwares: deps
	@lab/measure/run-group.sh firmwares "$(base)" "$(VERSION)" $(FIRMWARES)

kernels: deps
	@CONFIG="$(abspath $(CONFIG))" lab/measure/run-group.sh kernels "$(base)" "$(VERSION)" $(KERNELS)

bench: deps
	@lab/measure/bench.sh "$(base)" "$(VERSION)"

clients: deps
	@lab/deps.sh image
	@lab/measure/clients.sh "$(base)" "$(VERSION)"

deb: deps
	@lab/deps.sh deb "$(base)"
	@lab/build/deb.sh "$(base)" "$(VERSION)"

distro: deps
	@lab/deps.sh deb "$(base)"
	@lab/deps.sh image
	@lab/measure/distro.sh "$(base)" "$(VERSION)"

scale: deps
	@lab/measure/scale.sh "$(base)" "$(VERSION)"

report:
	@lab/report/report-all.sh "$(base)"

results:
	@lab/report/results.sh

figures:
	@lab/report/quote.sh
	@lab/series/install-patches.sh

deps:
	@lab/deps.sh

clean:
	@lab/clean.sh

.PHONY: help run test check series refresh tree build walk shell misbehave \
	firmwares kernels bench scale \
	clients deb distro report results figures deps clean
