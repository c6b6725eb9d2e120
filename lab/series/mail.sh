# shellcheck shell=sh
# A patch in mail format, taken apart by what git am uses. Sourced, with a directory
# in $work.

# shellcheck disable=SC2154 # set by those who source this
# mail FILE: leaves $work/info, $work/message and $work/diff
mail()
{
	plain_git mailinfo "$work/text" "$work/rest" < "$1" > "$work/info"
	plain_git stripspace < "$work/text" > "$work/message"
	filterdiff "$work/rest" > "$work/diff"
}

# field Author|Email|Date|Subject: of the last mail
field()
{
	sed -n "s/^$1: //p" "$work/info"
}

# mail_head PREFIX SUBJECT: what a mail like the last one begins with
mail_head()
{
	echo "From 0000000000000000000000000000000000000000" \
		"Mon Sep 17 00:00:00 2001"
	echo "From: $(field Author) <$(field Email)>"
	echo "Date: $(field Date)"
	echo "Subject: [$1] $2"
}
