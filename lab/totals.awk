# totals.awk TAP: what results come to, of several tests or one: what was repeated, then
# "N passed, N failed, N skipped". Exit status 1 if one has failed, if none has passed,
# if prove has found a test that did not end well, or if more was repeated than a busy host
# accounts for.
BEGIN { repeats_at_most = 3 }

/^ok [0-9]+ .*# SKIP/ || /^not ok [0-9]+ .*# TODO/ { skipped++; next }
/^ok [0-9]+ / { passed++; next }
/^not ok [0-9]+ / { failed++; next }
/^# prove ended with status / { ended = substr($0, 3); next }
/^# .*; booting again$/ { repeat[++repeats] = substr($0, 3) }

END {
	if (repeats)
		print "# booted a second time: " repeats
	for (i = 1; i <= repeats; i++)
		print "#   " repeat[i]
	if (repeats > repeats_at_most) {
		print "not ok - at most " repeats_at_most " boots repeated: " repeats
		failed++
	}
	if (ended && !failed) {
		print "not ok - all results came: " ended
		failed++
	}
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || passed == 0
}
