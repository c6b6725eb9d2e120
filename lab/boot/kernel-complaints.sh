#!/bin/sh
# kernel-complaints.sh CONSOLE [KNOWN]: lines in which a kernel says that it is in trouble,
# without the reports, from "cut here" to "end trace", that the expression KNOWN
# matches. Exit status 1 if there are none, as grep has it.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

awk -v known="${2-^\$}" '/cut here/ { held = ""; holding = 1 }
	holding { held = held $0 "\n" }
	!holding { print }
	holding && /end trace/ { holding = 0
		if (held !~ known) printf "%s", held }
	END { if (holding) printf "%s", held }' "$1" |
	grep -E "$(complaints)"
