# page.awk ROWS STOCK.figures PATCHED.figures: the comparison as one HTML page
# with a drawing of the PGD slots. The page has no end yet: report.sh adds results.
#
# Slots that point to the same page-table page have the same colour in every
# table. "mixed" is what the series is about: a page-table page that EFI's
# mappings are in and that the kernel's table uses as well.

function escape(text)
{
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

# parse KIND TABLE LIST into slot[kind, level, table, index] = page
function parse(kind, level, table, list,    n, i, item, pair)
{
	n = split(list, item, ",")
	for (i = 1; i <= n; i++) {
		if (split(item[i], pair, ":") != 2)
			continue
		slot[kind, level, table, pair[1]] = pair[2]
		used[kind, level, table, pair[2]] = 1
		if (table == "efi" && holds_efi(level, pair[1]))
			efi_in[kind, level, pair[2]] = 1
	}
	have[kind, level, table] = n > 0 && list != "none"
}

# EFI maps 1:1 in the lower half, and below -4 GiB, at most 64 GiB down; below
# that, if it is isolated, it has its stack.
function holds_efi(level, at)
{
	if (level == 4)
		return at < 256 || at == 511
	return at >= 443 && at <= 507
}

function colour(kind, level, table, at,    page, k, e, t)
{
	if (!((kind, level, table, at) in slot))
		return "empty"
	page = slot[kind, level, table, at]
	k = (kind, level, "kernel", page) in used
	e = (kind, level, "efi", page) in used
	t = (kind, level, "trampoline", page) in used
	if (k && e)
		return ((kind, level, page) in efi_in) ? "mixed" : "lent"
	if (table == "efi" && isolated[kind] && !holds_efi(level, at))
		return "gate"
	# On 4.4 the trampoline's table is EFI's.
	if (e && t)
		return "tramp"
	if (k && t)
		return "kern"
	return table == "kernel" ? "kern" : (table == "efi" ? "own" : "alone")
}

function cell(x, y, size, kind, level, table, at,    c, where)
{
	c = colour(kind, level, table, at)
	printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"%s\">", \
		x, y, size, size, c
	where = (c == "empty") ? "empty" : slot[kind, level, table, at] \
		", " meaning[c]
	printf "<title>%s %d: %s</title></rect>\n", \
		level == 4 ? "slot" : "entry", at, where
}

function grid(kind, table, title,    i, x, y)
{
	print "<figure><figcaption>" escape(title) "</figcaption>"
	if (!have[kind, 4, table]) {
		print "<p>not measured</p></figure>"
		return
	}
	print "<svg viewBox=\"0 0 386 228\" role=\"img\" aria-label=\"PGD slots, " \
		escape(title) "\">"
	empties = ""
	for (i = 0; i < 512; i++) {
		x = 2 + (i % 32) * 12
		y = 2 + int(i / 32) * 10
		if (colour(kind, 4, table, i) == "empty")
			empties = empties "M" x " " y "h9v9h-9z"
		else
			cell(x, y, 9, kind, 4, table, i)
	}
	print "<path class=\"empty\" d=\"" empties "\"/>"
	print "<path d=\"M2 82H386\" class=\"half\"/>"
	print "<text x=\"2\" y=\"182\">under slot 511, its last 16 GiB of 512</text>"
	for (i = 496; i < 512; i++) {
		x = 2 + (i - 496) * 24
		cell(x, 188, 21, kind, 3, table, i)
		printf "<text x=\"%d\" y=\"222\" class=\"n\">%d</text>\n", x + 1, i
	}
	print "</svg></figure>"
}

BEGIN {
	meaning["mixed"] = "EFI's mappings are in it and the kernel uses it"
	meaning["lent"] = "the kernel's, lent to EFI"
	meaning["kern"] = "the kernel's"
	meaning["own"] = "EFI's own"
	meaning["gate"] = "EFI's own, for the gate"
	meaning["tramp"] = "shared by EFI and the trampoline"
	meaning["alone"] = "the trampoline's own"
	count = split("mixed lent kern own gate tramp alone", order, " ")
	FS = "\t"
}

FNR == 1 { files++ }
files == 1 { label[++rows] = $1; stock[rows] = $2; patched[rows] = $3; next }
{
	at = index($0, "=")
	key = substr($0, 1, at - 1)
	text = substr($0, at + 1)
	if (key == "base") base = text
	if (key == "version") version = text
	if (key == "kind") kind = text
	if (key == "probe.efi_source") source[kind] = text
	if (key == "probe.isolated") isolated[kind] = text == "yes"
	if (key ~ /^probe\.slots\.[a-z]*$/) {
		sub(/^probe\.slots\./, "", key)
		parse(kind, 4, key, text)
	} else if (key ~ /^probe\.slot511\.[a-z]*$/) {
		sub(/^probe\.slot511\./, "", key)
		parse(kind, 3, key, text)
	}
}

END {
	print "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
	print "<meta name=\"viewport\" content=\"width=device-width\">"
	printf "<title>efi-pgd: Linux %s</title>\n<style>\n", version
	print ":root{color-scheme:light dark;--fg:#1c1c1c;--bg:#fff;--line:#ccc;" \
		"--empty:#ececec;--mixed:#d62f2f;--lent:#eba63a;--kern:#8d99a8;" \
		"--own:#1f7fd1;--gate:#0b3f73;--tramp:#8a4fc4;--alone:#3f9f6b;--bad:#b3261e;" \
		"--good:#1d7a3c}"
	print "@media(prefers-color-scheme:dark){:root{--fg:#e6e6e6;--bg:#16181b;" \
		"--line:#444;--empty:#282b30;--mixed:#f25c54;--lent:#d99a2b;" \
		"--kern:#6f7b8a;--own:#4aa3f0;--gate:#a9d4ff;--tramp:#a878e0;--alone:#55b883;" \
		"--bad:#ff8a80;--good:#7bd88f}}"
	print "body{font:15px/1.45 system-ui,sans-serif;color:var(--fg);" \
		"background:var(--bg);max-width:64rem;margin:2rem auto;padding:0 1rem}"
	print "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
	print "table{border-collapse:collapse;width:100%}" \
		"th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;" \
		"border-bottom:1px solid var(--line)}" \
		"td{font-variant-numeric:tabular-nums}" \
		".changed td{font-weight:600}.bad{color:var(--bad)}" \
		".good{color:var(--good)}pre{overflow-x:auto;font-size:12px}"
	print ".pair{display:grid;grid-template-columns:1fr 1fr;gap:.5rem 2rem}" \
		"figure{margin:0}figcaption{font-weight:600;margin:.4rem 0}" \
		"svg{width:100%;height:auto;display:block}" \
		"svg text{font-size:10px;fill:var(--fg)}svg .n{font-size:8.5px}" \
		".half{stroke:var(--fg);stroke-width:.8;stroke-dasharray:3 3}"
	for (i = 1; i <= count; i++)
		printf ".%s{fill:var(--%s);background:var(--%s)}", \
			order[i], order[i], order[i]
	print ".empty{fill:var(--empty);background:var(--empty)}"
	print ".legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;padding:0;" \
		"list-style:none}.legend span{display:inline-block;width:.9em;" \
		"height:.9em;margin-right:.4em;vertical-align:-.1em}"
	print "</style></head><body>"
	printf "<h1>EFI page tables, Linux %s, stock and with the %s series</h1>\n", \
		version, base
	print "<p>Measured in a QEMU guest with OVMF: DEBUG_WX speaks in the" \
		" kernel log, all other figures are read from the page tables" \
		" themselves through physical memory.</p>"

	print "<h2>The slots of each root page table</h2><ul class=\"legend\">"
	for (kind_i = 1; kind_i <= 2; kind_i++)
		for (t = 1; t <= 3; t++)
			for (i = 0; i < 512; i++) {
				k = kind_i == 1 ? "stock" : "patched"
				table = t == 1 ? "kernel" : t == 2 ? "efi" : \
					"trampoline"
				seen[colour(k, 4, table, i)] = 1
				if (i >= 496)
					seen[colour(k, 3, table, i)] = 1
			}
	for (i = 1; i <= count; i++)
		if (order[i] in seen)
			printf "<li><span class=\"%s\"></span>%s</li>\n", \
				order[i], escape(meaning[order[i]])
	print "<li><span class=\"empty\"></span>empty</li></ul>"
	print "<p>512 slots of 512 GiB each, 32 to a line; user half above the" \
		" dashed line, kernel half below.</p><div class=\"pair\">"
	for (t = 1; t <= 3; t++) {
		table = t == 1 ? "kernel" : t == 2 ? "efi" : "trampoline"
		for (kind_i = 1; kind_i <= 2; kind_i++) {
			k = kind_i == 1 ? "stock" : "patched"
			name = table == "kernel" ? "swapper_pg_dir" : \
				table == "efi" ? "firmware runs on " source[k] : \
				"trampoline_pgd"
			grid(k, table, k ": " name)
		}
	}
	print "</div>"

	print "<h2>Before and after</h2><table><thead><tr><th></th>" \
		"<th>stock</th><th>patched</th></tr></thead><tbody>"
	for (i = 1; i <= rows; i++)
		printf "<tr%s><th>%s</th><td%s>%s</td><td%s>%s</td></tr>\n", \
			stock[i] != patched[i] ? " class=\"changed\"" : "", \
			escape(label[i]), mark(stock[i]), escape(stock[i]), \
			mark(patched[i]), escape(patched[i])
	print "</tbody></table>"
}

function mark(text)
{
	if (text ~ /^FAILED/ || text ~ /fail:[1-9]/)
		return " class=\"bad\""
	if (text ~ /^passed/ || text ~ /^pass:[0-9]*( skip:[0-9]+)?$/)
		return " class=\"good\""
	return ""
}
