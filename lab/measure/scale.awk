# scale.awk: the table of scale.sh, from lab/tables/scale and from "results", a line per
# boot: point, kernel, outcome wanted, what became of it. The figures of a boot are
# in the file DIR/POINT-KERNEL. Exit status 1 if a patched kernel's point does not
# come out as wanted.

FNR == 1 { file++ }
file == 1 {
	if (!/^#/ && NF) {
		mib[$1] = $3
		cpus[$1] = $4
		map[$1] = $5
	}
	next
}
{
	name = $1
	kind = $2
	if (!(name in want))
		order[++n] = name
	want[name] = $3
	outcome[name, kind] = $0
	sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", outcome[name, kind])
	sub(/ +$/, "", outcome[name, kind])
	while ((getline line < (dir "/" name "-" kind)) > 0) {
		split(line, word, " ")
		f[name, kind, word[1]] = word[2]
	}
}

function fig(name, kind, what)
{
	return ((name, kind, what) in f) ? f[name, kind, what] : "-"
}

# "stock patched"
function both(name, what)
{
	return sprintf(" %8s %8s", fig(name, "stock", what),
		       fig(name, "patched", what))
}

# How much more of what there is in point b than in a, for each of the units
function growth(text, a, b, units, what,    kind, k)
{
	printf "  %-52s", text
	for (k = 1; k <= 2; k++) {
		kind = k == 1 ? "stock" : "patched"
		if (fig(a, kind, what) != "-" && fig(b, kind, what) != "-" &&
		    units)
			printf " %8.1f", (fig(b, kind, what) - \
				fig(a, kind, what)) / units
		else
			printf " %8s", "-"
	}
	printf "\n"
}

function range(text, what,    kind, k, i, v, low, high)
{
	printf "  %-52s", text
	for (k = 1; k <= 2; k++) {
		kind = k == 1 ? "stock" : "patched"
		low = high = ""
		for (i = 1; i <= n; i++) {
			v = f[order[i], kind, what]
			if (v == "") continue
			if (low == "" || v < low) low = v
			if (high == "" || v > high) high = v
		}
		printf " %s", low == high ? sprintf("%8s", low) : low "-" high
	}
	printf "\n"
}

function more(a, b, what)
{
	return fig(b, "patched", what) - fig(a, "patched", what)
}

END {
	printf "%-14s %6s %4s %7s %7s %17s %17s %17s %17s\n", "", "", "",
		"map", "runtime", "boot, us", "EFI's tables", "efivarfs read",
		"empty service"
	printf "%-14s %6s %4s %7s %7s", "point", "MiB", "CPUs", "entries",
		"regions"
	for (i = 0; i < 4; i++)
		printf " %8s %8s", "stock", "patched"
	printf "\n"
	for (i = 1; i <= n; i++) {
		name = order[i]
		printf "%-14s %6s %4s %7s %7s%s%s%s%s\n", name, mib[name],
			cpus[name], fig(name, "patched", "entries"),
			fig(name, "patched", "regions"), both(name, "boot"),
			both(name, "pt_pages"), both(name, "read"),
			both(name, "empty")
	}

	print "\nBoot: from the end of boot services until init's first step. " \
		"Tables: pages of page\ntables that are EFI's own. Read and " \
		"service: instructions, the least of 200 calls,\nthrough the " \
		"test firmware. An instruction takes a nanosecond; several " \
		"CPUs run in turn."
	for (i = 1; i <= n && !late; i++)
		late = fig(order[i], "patched", "read") != "-" &&
			fig(order[i], "patched", "boot") == "-"
	if (late)
		print "No boot time: init starts the CPUs, for a reason that is " \
			"in lab/measure/scale.sh."

	print "\nWhat grows with what" sprintf("%*s%8s %8s", 35, "", "stock",
		"patched")
	growth("boot, us for each GiB of memory", "1-GiB", "16-GiB", 15, "boot")
	growth("boot, us for each CPU", "1-GiB", "4-CPUs", 3, "boot")
	growth("boot, us for each runtime region",
	       "runtime-500", "runtime-2500",
	       more("runtime-500", "runtime-2500", "regions"), "boot")
	growth("boot, us for each boot-services region", "1-GiB", "boot-2500",
	       2500, "boot")
	growth("boot, us for each GiB of MMIO", "1-GiB", "window-full", 63.9,
	       "boot")
	growth("  of it, the check for W+X pages in EFI's tables", "1-GiB",
	       "window-full", 63.9, "wx")
	theirs = fig("window-full", "stock", "boot") - \
		fig("1-GiB", "stock", "boot")
	ours = more("1-GiB", "window-full", "boot") - \
		more("1-GiB", "window-full", "wx")
	if (theirs && ours > theirs) {
		print "  FAILED: without it, MMIO takes longer than on stock"
		failed++
	}
	growth("tables, pages for each GiB of memory", "1-GiB", "16-GiB", 15,
	       "pt_pages")
	growth("tables, pages for each CPU", "1-GiB", "4-CPUs", 3, "pt_pages")
	growth("tables, pages for 1000 runtime regions", "runtime-500",
	       "runtime-2500",
	       more("runtime-500", "runtime-2500", "regions") / 1000,
	       "pt_pages")
	growth("tables, pages for each GiB of MMIO", "1-GiB", "window-full",
	       63.9, "pt_pages")
	range("efivarfs read, all points", "read")
	range("empty service, all points", "empty")

	print "\nThe memory maps, and what became of runtime services"
	for (i = 1; i <= n; i++) {
		name = order[i]
		print "  " name ": " map[name]
		for (k = 1; k <= 2; k++) {
			kind = k == 1 ? "stock" : "patched"
			got = outcome[name, kind]
			print "    " kind ": " (got == "" ? "not measured" : got)
			if (kind == "patched" && (index(got, want[name]) != 1 ||
			    got ~ /trouble|without a reason/)) {
				print "    FAILED: wanted: " want[name]
				failed++
			}
		}
	}
	exit failed > 0
}
