# Of results like those of boots.sh: a line for each firmware or kernel, which is the
# third word of a result, and what did not pass.
/^(ok|not ok) - / {
	text = $0
	sub(/^[a-z ]* - /, "", text)
	split(text, word, /[ :]+/)
	name = word[3]
	kind = / # SKIP/ ? "skip" : / # TODO/ ? "todo" : $1
	if (!(name in seen)) {
		seen[name] = ++names
		order[names] = name
	}
	n[name, kind]++
	if (text ~ /: [^ ]+ contained$/)
		contained[name]++
	if (kind != "ok") {
		sub(/^[^ ]+ [^ ]+ /, "", text)
		left[++lefts] = $1 ($1 == "not" ? " ok" : "") " - " text
	}
}
# "v6.12 6.12.117 x64-ms pti: 40 s", once for a boot
/^# .*: [0-9]+ s$/ { boots[$4]++ }
/^# .*, kept in .*; booting again$/ {
	again[$4]++
	sub(/, kept in .*/, "")
	left[++lefts] = "again - " substr($0, 3)
}
END {
	printf "%-14s %6s %6s %6s %6s %6s %6s  %s\n", "", "boots", "again", "ok",
		"not ok", "todo", "skip", "of ok, misbehaviours contained"
	for (i = 1; i <= names; i++) {
		name = order[i]
		printf "%-14s %6d %6d %6d %6d %6d %6d  %s\n", name, boots[name],
			again[name], n[name, "ok"], n[name, "not"], n[name, "todo"],
			n[name, "skip"], contained[name] ? contained[name] : "-"
	}
	for (i = 1; i <= lefts; i++)
		print (i == 1 ? "\n" : "") left[i]
}
