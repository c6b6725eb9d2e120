#!/bin/sh
# image.sh BASE: a disk with Debian 12 on it, as a guest needs it to run what uses
# EFI, and with Debian's own kernel of the base. Prints the directory that has
# it: "disk", and "versions" of what is in there.
#
# It is kept in the cache, and needs the network only the first time; remove the
# directory to have it made again. Packages come from where the host's apt gets
# its own, and mmdebstrap verifies them. fwts is not in Debian 12: it comes from
# unstable, with the libraries it needs, into a directory of its own.
#
# The disk is put together from files, without mounts or loop devices, which a
# container may not have. GRUB is Debian's signed one, with shim in front, where
# firmware finds it that has no boot entry for the disk. Only the kernel that is
# there from the start is installed here; others are put in and taken out by dpkg
# in the running guest, where the hooks of the packages meet the system they are
# made for.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
need_base "$base"
case $base in
v6.1)	kernel=linux-image-amd64 ;;
v6.12)	kernel=linux-image-6.12-amd64 ;;
*)	die "Debian 12 has no kernel of $base: BASE is v6.1 or v6.12" ;;
esac
for tool in mmdebstrap fakeroot mcopy mkfs.vfat sfdisk mke2fs; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
		die "no $tool: run 'lab/deps.sh image'"
done
PATH=$PATH:/usr/sbin:/sbin

dir=$cache/image/$base
log=$out/log/image-$base
id=$(cat "$lab/debian/image.sh" "$lab/debian/root" "$lab/debian/start" | sha256sum)
if [ "$id" = "$(cat "$dir/id" 2>/dev/null)" ]; then
	echo "$dir"
	exit
fi
# What is unpacked is root's, and is written to the cache from within.
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null ||
		die "no $dir/disk, and only root can make it: as root, run" \
		    "EFI_PGD_CACHE=$cache $lab/debian/image.sh $base"
	exec sudo env EFI_PGD_CACHE="$cache" EFI_PGD_OUT="$out" "$0" "$base"
fi
need_space "$cache" 10
mkdir -p "$dir"
lock "$dir/lock"
rm -f "$dir/id"

# Where the host's apt has Debian from, one line for each suite.
# shellcheck disable=SC2016 # apt's variables
sources=$(apt-get indextargets \
	--format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
	'Created-By: Packages' 'Origin: Debian' |
	grep -E ' bookworm(-updates|-security)? main$' | sort -u)
unstable=$(echo "$sources" | sed -n 's/ bookworm main$/ unstable main/p')
[ -n "$unstable" ] ||
	die "apt has no source of Debian 12: add bookworm main to its sources"

packages=systemd-sysv,dbus,udev,kmod,initramfs-tools,grub2-common
packages=$packages,grub-efi-amd64-bin,grub-efi-amd64-signed,shim-signed
packages=$packages,efivar,efibootmgr,mokutil,util-linux-extra,fwupd
packages=$packages,e2fsprogs,dosfstools,procps,pciutils,$kernel

# A mirror may be behind with unstable: old is good enough, and the signatures are
# verified all the same.
fwts()
{
	echo "$unstable" | mmdebstrap --variant=extract --include=fwts \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		unstable "$dir/fwts.tar" -
}

debian()
{
	echo "$sources" | mmdebstrap --variant=minbase \
		--include="$packages" \
		--aptopt='APT::Install-Recommends "false"' \
		--setup-hook="$lab/debian/root setup \"\$1\"" \
		--customize-hook="$lab/debian/root customize \"\$1\" \
			'$dir/fwts.tar' '$dir'" \
		--skip=cleanup/reproducible \
		bookworm "$dir/root.tar" -
}

# fakeroot: files that are root's, whoever unpacks them.
root_partition()
{
	rm -rf "$dir/root" "$dir/ext4"
	mkdir "$dir/root"
	truncate -s 2G "$dir/ext4"
	# shellcheck disable=SC2016 # the arguments of the inner shell
	fakeroot sh -eu -c '
		tar -x -f "$1/root.tar" -C "$1/root" --exclude="./dev/*"
		mke2fs -q -F -t ext4 -L lab-root -d "$1/root" "$1/ext4"' \
		sh "$dir"
	rm -rf "$dir/root"
}

# What Debian's grub-install makes of it, also with --force-extra-removable.
efi_partition()
{
	rm -f "$dir/esp"
	truncate -s 62M "$dir/esp"
	mkfs.vfat -n LAB-ESP "$dir/esp"
	cat > "$dir/grub.cfg" <<-END
		search --no-floppy --set=root --label lab-root
		set prefix=(\$root)/boot/grub
		configfile \$prefix/grub.cfg
	END
	mmd -i "$dir/esp" ::EFI ::EFI/BOOT ::EFI/debian
	mcopy -i "$dir/esp" "$dir/shimx64.efi" ::EFI/BOOT/BOOTX64.EFI
	mcopy -i "$dir/esp" "$dir/shimx64.efi" ::EFI/debian/
	mcopy -i "$dir/esp" "$dir/grubx64.efi" ::EFI/BOOT/
	mcopy -i "$dir/esp" "$dir/grubx64.efi" ::EFI/debian/
	mcopy -i "$dir/esp" "$dir/grub.cfg" ::EFI/debian/
}

make_disk()
{
	efi_partition
	root_partition
	rm -f "$dir/disk"
	truncate -s 2113M "$dir/disk"
	sfdisk -q "$dir/disk" <<-END
		label: gpt
		start=1MiB, size=62MiB, type=uefi
		start=64MiB, size=2048MiB, type=linux
	END
	dd if="$dir/esp" of="$dir/disk" bs=1M seek=1 conv=notrunc,sparse
	dd if="$dir/ext4" of="$dir/disk" bs=1M seek=64 conv=notrunc,sparse
}

logged "getting fwts from Debian's unstable" "$log-fwts.log" fwts
logged "getting Debian 12 with its kernel of $base" "$log-debian.log" debian
logged "making a disk of it" "$log-disk.log" make_disk
rm -f "$dir/ext4" "$dir/esp" "$dir/root.tar" "$dir/fwts.tar"
echo "$id" > "$dir/id"
echo "$dir"
