# mail.awk: take a patch in mail format apart.
#
#	-v part=header|subject|message|diff
#	-v part=paths    the files its diff changes, new ones with a leading +
#	-v part=section -v path=FILE    the diff of one file
#	-v part=without -v skip="FILE FILE"    the diff of all others
#
# header is what comes before the message but From_ and Subject; subject has
# its [PATCH] taken off and its folded lines joined.

function diff_line()
{
	if ($0 ~ /^diff --git /) {
		file = $4
		sub(/^b\//, "", file)
		if (part == "paths") {
			flush_path()
			pending = file
			created = ""
		}
	}
	if (part == "paths" && /^new file mode /)
		created = "+"
	if (part == "diff" || (part == "section" && file == path) ||
	    (part == "without" && !(file in skipped)))
		out[++outs] = $0
}

function flush_path()
{
	if (pending != "")
		print created pending
	pending = ""
}

BEGIN {
	count = split(skip, list, " ")
	for (i = 1; i <= count; i++)
		skipped[list[i]] = 1
	state = "header"
}

state == "header" && /^From [0-9a-f]+ / { next }
state == "header" && /^$/ { state = "message"; next }
state == "header" {
	if (/^[^ \t]/)
		field = tolower(substr($0, 1, index($0, ":") - 1))
	if (field == "subject") {
		line = $0
		sub(/^[Ss]ubject:/, "", line)
		sub(/^[ \t]+/, " ", line)
		subject = subject line
	} else if (part == "header") {
		print
	}
	next
}

state == "message" && (/^---$/ || /^diff --git /) { state = "diff" }
state == "message" {
	if (part == "message")
		text[++texts] = $0
	next
}
state == "diff" && /^diff --git / { diffs = 1 }
state == "diff" && diffs { diff_line() }

END {
	if (part == "subject") {
		sub(/^ +/, "", subject)
		while (subject ~ /^\[[^\]]*\]/)
			sub(/^\[[^\]]*\] */, "", subject)
		print subject
	}
	while (texts && text[texts] == "")
		texts--
	for (i = 1; i <= texts; i++)
		print text[i]
	flush_path()
	# The signature that mail ends in is no part of the diff.
	while (outs && out[outs] == "")
		outs--
	if (outs > 1 && out[outs - 1] == "-- ")
		outs -= 2
	for (i = 1; i <= outs; i++)
		print out[i]
}
