# rows.awk STOCK.figures PATCHED.figures: the comparison, a line per figure:
# label, stock, patched, separated by tabs. What was not measured is "-". With
# -v summary=1, what it comes to, a line per kernel.

function get(kind, key)
{
	return ((kind, key) in value) ? value[kind, key] : "-"
}

# 273,402,403,404 -> 273, 402-404
function ranges(list,    n, i, item, start, last, text)
{
	if (list == "-" || list == "none")
		return list
	if (list == "")
		return "none"
	n = split(list, item, ",")
	for (i = 1; i <= n; i++) {
		if (i > 1 && item[i] ~ /^[0-9]+$/ && item[i] == last + 1 &&
		    last ~ /^[0-9]+$/) {
			last = item[i]
			continue
		}
		text = text closing(start, last) (i > 1 ? ", " : "") item[i]
		start = last = item[i]
	}
	return text closing(start, last)
}

function closing(start, last)
{
	return (start != last) ? "-" last : ""
}

function row(label, key)
{
	print label "\t" get("stock", key) "\t" get("patched", key)
}

function slots(label, key)
{
	print label "\t" ranges(get("stock", key)) "\t" \
		ranges(get("patched", key))
}

function mib(bytes, of)
{
	if (bytes == "-")
		return "-"
	return sprintf("%d bytes%s", bytes,
		of == "-" ? "" : sprintf(", %.0f %% of RAM", 100 * bytes / of))
}

function sum(kind, a, b)
{
	if (get(kind, a) == "-" || get(kind, b) == "-")
		return "-"
	return get(kind, a) + get(kind, b)
}

# By the user bit of firmware's pages, see ptprobe.c.
function privilege(kind,    isolated)
{
	isolated = get(kind, "probe.isolated")
	return isolated == "yes" ? "ring 3" : isolated == "no" ? "ring 0" : "-"
}

# What EFI's tables map for the kernel's sake, page by page
function gate(kind,    n, i, part, pages, text)
{
	if (get(kind, "probe.isolated") != "yes")
		return get(kind, "probe.isolated") == "no" ? "no gate" : "-"
	n = split("text data IDT tables GDT TSS", part, " ")
	# The gate has tables of its own, or GDT and TSS of the CPU.
	for (i = 1; i <= n; i++) {
		pages = get(kind, "probe.efi.gate." tolower(part[i]))
		if (pages != 0)
			text = text (text == "" ? "" : ", ") pages " " part[i]
	}
	text = text ": " get(kind, "probe.efi.gate_bytes") " bytes"
	if (get(kind, "probe.efi.supervisor_unnamed") > 0)
		text = text "; " get(kind, "probe.efi.supervisor_unnamed") \
			" UNKNOWN"
	return text
}

function stack(kind)
{
	if (get(kind, "probe.isolated") != "yes")
		return get(kind, "probe.isolated") == "no" ? "the kernel's" : "-"
	return get(kind, "probe.efi.fw_pages") " pages of its own"
}

function verdict(kind, key)
{
	return (kind, key) in value ? value[kind, key] : "not checked"
}

{
	split_at = index($0, "=")
	key = substr($0, 1, split_at - 1)
	text = substr($0, split_at + 1)
	if (key == "kind")
		kind = text
	# "kind" is among the first three lines; the others do not matter here.
	if (kind != "")
		value[kind, key] = text
}

function summarize(kind)
{
	printf "  %-8s firmware at %s, %s bytes of kernel memory reachable", \
		kind ":", privilege(kind), get(kind, "probe.kernel_bytes_in_efi")
	if (get(kind, "probe.isolated") == "yes")
		printf "; besides that,\n%11sthe gate's own pages (%s), firmware's" \
			" stack and arguments", "", gate(kind)
	print ""
}

END {
	if (summary) {
		summarize("stock")
		summarize("patched")
		exit
	}
	print "DEBUG_WX, the kernel's tables\t" \
		verdict("stock", "wx.verdict.kernel") "\t" \
		verdict("patched", "wx.verdict.kernel")
	print "DEBUG_WX, EFI's tables\t" \
		verdict("stock", "wx.verdict.efi") "\t" \
		verdict("patched", "wx.verdict.efi")
	row("firmware runs on", "probe.efi_source")
	print "firmware's privilege\t" privilege("stock") "\t" privilege("patched")
	row("runtime services, says the kernel", "isolation")
	row("W+X pages in the kernel's tables", "probe.wx.kernel")
	row("W+X pages in EFI's tables", "probe.wx.efi")
	a = "probe.efi_in_kernel.va_pages"
	b = "probe.efi_in_kernel.direct_pages"
	print "EFI pages in the kernel's tables\t" sum("stock", a, b) "\t" \
		sum("patched", a, b)
	row("EFI pages in trampoline_pgd", "probe.efi_in_trampoline.pages")
	print "kernel memory reachable from EFI's tables\t" \
		mib(get("stock", "probe.kernel_bytes_in_efi"),
		    get("stock", "probe.ram_bytes")) "\t" \
		mib(get("patched", "probe.kernel_bytes_in_efi"),
		    get("patched", "probe.ram_bytes"))
	print "besides that, the gate's own pages\t" gate("stock") "\t" gate("patched")
	print "firmware's stack and arguments\t" stack("stock") "\t" stack("patched")
	row("page-table pages of EFI's own", "probe.efi.pt_pages")
	row("page-table pages shared with the kernel", "probe.efi.pt_pages_shared")
	slots("PGD slots, EFI as the kernel", "probe.shared.efi_kernel")
	slots("PGD slots, EFI as trampoline_pgd", "probe.shared.efi_trampoline")
	slots("PGD slots, trampoline_pgd as the kernel", \
	      "probe.shared.trampoline_kernel")
	slots("under slot 511, EFI as the kernel", "probe.slot511.shared.efi_kernel")
	row("selftest efi_pgtables", "selftest")
}
