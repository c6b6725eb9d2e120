# result.awk RESULT: what one of the longer tests has found: a line, and all that it
# said appended to the page of report.sh. Its name, the place of the result, the
# series that the page is about and the page are in name, where, series and page.

function escape(text)
{
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	return text
}

{ said[++n] = $0 }
/^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9], / && !day { day = substr($0, 1, 10) }
/series: / && !of { of = $0; sub(/.*series: /, "", of) }
# As clients.awk, scale.awk and run-group.awk have it
/^not ok|^failed| (WORSE|OTHER)$/ { bad++ }
/NOT COMPLETE/ { part = 1 }

END {
	text = "-"
	if (n) {
		text = (bad ? bad " not ok" : part ? "not complete" : \
			"no failure") (bad && part ? ", not complete" : "") \
			(day ? ", " day : "")
		if (of && of != series)
			text = text ", of another series (" of ")"
	}
	printf "  make %-10s %s; %s\n", name, text, where
	printf "<details><summary>make %s: <span class=\"%s\">%s</span>; %s" \
		"</summary>\n<pre>\n", name, bad || part || !n ? "bad" : "good",
		escape(text), escape(where) >> page
	for (i = 1; i <= n; i++)
		print escape(said[i]) >> page
	print "</pre></details>" >> page
}
