# The results of two kernels, as debian/guest gives them, side by side; exit
# status 1 when the second does worse, or otherwise, anywhere. OLD is set for v4.4.
BEGIN { FS = "\t" }

{
	# The same check may be made more than once.
	key = $2 "\t" $4
	which = (FILENAME == ARGV[1]) ? 1 : 2
	times[which, key]++
	k = key SUBSEP times[which, key]
	if (!(k in seen)) {
		seen[k] = 1
		order[++n] = k
		what[k] = $2
		name[k] = $4
	}
	verdict[which, k] = $3
	clients[$2] = 1
	works[which, $2] += $3 == "ok"
	detail[which, k] = $5
	count[which, $3]++
}

function rank(v)
{
	return v == "ok" ? 3 : v == "skip" ? 2 : v == "not ok" ? 1 : 0
}

END {
	if (!count[1, "ok"] || !count[2, "ok"]) {
		print "not ok: no results of stock, or of patched"
		exit 1
	}
	# What works nowhere has not been tried, and that is no success. The kernel of
	# v4.4 has nothing for fwts, and the stock one complains of W+X pages.
	for (client in clients) {
		if (old && client == "fwts")
			continue
		if (!works[2, client] ||
		    (!works[1, client] && !(old && client == "kernel"))) {
			print "not ok: no check of " client " is ok"
			nothing++
		}
	}
	width = 5
	for (i = 1; i <= n; i++)
		if (length(name[order[i]]) > width) width = length(name[order[i]])
	format = "%-19s %-" width "s  %-7s %-7s %s\n"
	printf format, "client", "check", "stock", "patched", "same?"
	for (i = 1; i <= n; i++) {
		k = order[i]
		a = verdict[1, k]
		b = verdict[2, k]
		same = "yes"
		if (rank(b) < rank(a)) { same = "WORSE"; worse++ }
		else if (rank(b) > rank(a)) { same = "better"; better++ }
		else if (detail[1, k] != detail[2, k]) { same = "OTHER"; other++ }
		printf format, what[k], name[k], a ? a : "-", b ? b : "-", same
		if (same == "OTHER") {
			print "#   stock:   " detail[1, k]
			print "#   patched: " detail[2, k]
		} else if (b != "ok" && detail[2, k] != "") {
			print "#   " detail[2, k]
		}
	}
	for (i = 1; i <= 2; i++)
		printf "%s: %d ok, %d not ok, %d skip\n", \
			i == 1 ? "stock" : "patched", count[i, "ok"], \
			count[i, "not ok"], count[i, "skip"]
	printf "of %d checks, patched: %d the same, %d better, %d worse, " \
		"%d otherwise\n", n, n - better - worse - other, better, worse, other
	exit worse + other + nothing > 0
}
