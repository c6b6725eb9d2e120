# bench.awk: the table of bench.sh, from the figures of stock, noisolate and
# isolated, in this order. Exit status 1 if a target is missed.

FNR == 1 { kind++ }
{ f[kind, $1] = $2 }

# TEXT, three figures, and the target that the last must not exceed, if any
function row(text, a, b, c, target,    verdict)
{
	if (target ~ /^[0-9]/ && unit == "instructions") {
		verdict = c ~ /^-?[0-9.]+$/ && c <= target ? "met" : "MISSED"
		missed += verdict == "MISSED"
	}
	printf "%-40s %10s %10s %10s  %-9s %s\n", text, a, b, c, target,
		verdict
}

function figures(text, name, target)
{
	row(text, f[1, name], f[2, name], f[3, name], target)
}

function ours(kind, name)
{
	return (kind, "fw-" name) in f ? f[kind, name] - f[kind, "fw-" name] : "-"
}

# A call, and what of it is not the firmware's
function call(text, name, target)
{
	figures(text, name)
	row("  without the firmware's own", ours(1, name), ours(2, name),
	    ours(3, name), target)
}

END {
	if (unit == "instructions" &&
	    (f[1, "loop"] < 200000 || f[1, "loop"] > 200009)) {
		print "the TSC does not count instructions: " f[1, "loop"] \
			" for 200000"
		missed++
	}
	row("", "stock", "noisolate", "isolated", "at most")
	# That of v4.4 takes no workqueue and no semaphore, and is a third of it.
	figures("efivarfs, one read", "read", old ? 3700 : 4700)
	figures("efivarfs, open, read and close", "open-read-close")
	call("a service that does nothing", "empty", 1000)
	call("GetVariable", "get-variable", 1250)
	call("SetVariable", "set-variable", 1250)
	call("SetVariable, no change", "set-variable-same")
	call("GetTime", "get-time", 1000)
	figures("interrupt late, SetVariable, ns", "late")
	figures("interrupt late, 50 ms call, ns", "late-long")
	figures("interrupt late, 50 ms call with CLI, ns", "late-long-cli")
	figures("memory free when init starts, KiB", "free")
	row("memory taken, KiB", "-", "-",
	    f[2, "free"] - f[3, "free"] + f[3, "static"], old ? 104 : 64)
	# In vmlinux of v4.4, sections are padded to pages: it may be two more or less.
	figures("text of vmlinux, bytes", "text",
		f[1, "text"] + (old ? 36864 : 16384))
	figures("  functions in it, bytes", "functions",
		f[1, "functions"] + 22528)
	figures("boot until init starts, us", "boot",
		int(f[1, "boot"] * 1.01))
	exit missed > 0
}
