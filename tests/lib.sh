# shellcheck shell=bash
# TAP for shell tests. To be sourced.
#
#   ok TEXT COMMAND…         COMMAND succeeds
#   not_ok TEXT COMMAND…     COMMAND fails
#   is GOT WANTED TEXT
#   like GOT PATTERN TEXT    PATTERN is a shell pattern
#   pass TEXT, fail TEXT, diag TEXT, skip TEXT WHY, skip_all WHY
#   done_testing             at the end; bails out as a failure if it is missing

TAP_COUNT=0
TAP_FAILED=0

# A misspelt helper must not pass for a test, least of all inside not_ok.
command_not_found_handle()
{
	echo "Bail out! there is no command $1" >>/proc/$$/fd/1
	kill -TERM $$
	return 127
}

diag()
{
	local line

	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$*"
}

pass()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1"
}

fail()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_COUNT - $1"
	return 1
}

# What a command says is shown only if the test fails.
ok()
{
	local text=$1 output
	shift

	if output=$("$@" 2>&1); then
		pass "$text"
	else
		fail "$text"
		diag "failed: $*"
		diag "$output"
		return 1
	fi
}

not_ok()
{
	local text=$1 output
	shift

	if output=$("$@" 2>&1); then
		fail "$text"
		diag "succeeded: $*"
		diag "$output"
		return 1
	else
		pass "$text"
	fi
}

is()
{
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "got:    $1"
		diag "wanted: $2"
		return 1
	fi
}

like()
{
	# shellcheck disable=SC2254 # it is a pattern
	case $1 in
	$2) pass "$3" ;;
	*)
		fail "$3"
		diag "got:          $1"
		diag "wanted match: $2"
		return 1
		;;
	esac
}

skip()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

bail_out()
{
	echo "Bail out! $1"
	exit 1
}

done_testing()
{
	echo "1..$TAP_COUNT"
	[ "$TAP_FAILED" -eq 0 ]
}
