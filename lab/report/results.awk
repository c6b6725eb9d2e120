# results.awk RESULT: a row of doc/results.md for what one of the longer tests has found:
# command, Linux, date, series, verdict, figures, boots that were repeated.
match($0, /make [a-z]+/) && !name { name = substr($0, RSTART, RLENGTH) }
match($0, /base v[0-9.]*[0-9]|BASE=v[0-9.]*[0-9]/) && !base {
	base = substr($0, RSTART + 5, RLENGTH - 5)
}
match($0, /FIRMWARE=[^: ]+/) && !firmware { firmware = " " substr($0, RSTART, RLENGTH) }
match($0, /Linux [0-9.]*[0-9]/) && !version { version = substr($0, RSTART + 6, RLENGTH - 6) }
match($0, /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9],/) && !day { day = substr($0, 1, 10) }
/series: / && !series { series = $0; sub(/.*series: /, "", series) }
/NOT COMPLETE/ { part = 1 }

# As run-group.awk, clients.awk and scale.awk have it
/^not ok|^failed| (WORSE|OTHER)$/ { bad++ }
/booting again$|^again - |^# try / { again++ }
/^ +boots( +again)? +ok +not ok/ { shift = /again/; next }
shift != "" && NF >= 6 + shift && $2 ~ /^[0-9]+$/ {
	ok += $(3 + shift)
	todo += $(5 + shift)
	skip += $(6 + shift)
	figures = ok " ok" (todo ? ", " todo " todo" : "") ", " skip " skipped"
}
shift != "" && !NF { shift = "" }
/^of [0-9]+ checks/ { figures = $0 }
/^point / { rows = 1; next }
rows && !NF { rows = 0 }
rows { figures = ++points " points" }

END {
	verdict = (bad ? bad " not ok" : part ? "not complete" : "no failure") \
		(bad && part ? ", not complete" : "")
	printf "| `%s BASE=%s%s` | %s | %s | %s | %s | %s | %d |\n", name, base,
		firmware, version, day, series, verdict, figures ? figures : "-", again
}
