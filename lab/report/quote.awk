# quote.awk FIGURES TABLE DOCUMENT: the document with the figures that it quotes as they
# were measured. -v file=NAME is its name in the table. Exit status 1 if something that
# the table has is not in it.
#
# FIGURES	base, version, what, stock, patched; separated by tabs
# TABLE		base, version, document, what, and how it is quoted, with %s for the
#		figure of stock and %p for that of patched; %,s and %,p if it is with
#		commas. What is quoted of a text is its first number.

BEGIN { FS = "\t" }
FNR == 1 { part++ }
part == 1 { stock[$1, $2, $3] = $4; patched[$1, $2, $3] = $5; next }
part == 2 && !/^#/ && NF && $3 == file {
	if (!(($1, $2, $4) in stock)) {
		print "no figure '" $4 "' of " $1 " " $2 > "/dev/stderr"
		status = 1
		next
	}
	n++
	text[n] = $5
	a[n] = number(stock[$1, $2, $4])
	b[n] = number(patched[$1, $2, $4])
	pattern[n] = escape($5)
	gsub(/%,?[sp]/, "[0-9][0-9,]*", pattern[n])
}
part < 3 { next }

function number(said)
{
	return match(said, /[0-9]+/) ? substr(said, RSTART, RLENGTH) : "-"
}

# A number with commas
function grouped(figure,    said)
{
	for (; length(figure) > 3; figure = substr(figure, 1, length(figure) - 3))
		said = "," substr(figure, length(figure) - 2) said
	return figure said
}

# What a regular expression has for the text
function escape(said)
{
	gsub(/[][()|*.+?\\^$\/]/, "[&]", said)
	gsub(/\[\\\]/, "\\\\", said)
	gsub(/\[\^\]/, "\\^", said)
	return said
}

function filled(i,    said)
{
	said = text[i]
	gsub(/%,s/, grouped(a[i]), said)
	gsub(/%,p/, grouped(b[i]), said)
	gsub(/%s/, a[i], said)
	gsub(/%p/, b[i], said)
	return said
}

{
	for (i = 1; i <= n; i++)
		if (match($0, pattern[i])) {
			$0 = substr($0, 1, RSTART - 1) filled(i) \
				substr($0, RSTART + RLENGTH)
			found[i] = 1
		}
	print
}

END {
	for (i = 1; i <= n; i++)
		if (!found[i]) {
			print file " does not quote '" text[i] "'" > "/dev/stderr"
			status = 1
		}
	exit status
}
