# shellcheck shell=bash
# csrc-dca, each agent below a directory of its own. To be sourced after
# process.sh.
#
#   dca_configure DIR ID CENTER URL [NAME=VALUE…]
#                  below DIR/dca-ID, which is DCA_DIR from then on; its key, as
#                  "csrcadm agent key" prints it, is on standard input
#   dca_use DIR ID            DCA_DIR is that one again
#   dca_credentials NAME [NAME=VALUE…]      of printers
#   dca_printers NAME CREDENTIALS ADDRESSES [NAME=VALUE…]
#   dca WORD…                 csrc-dca there
#   dca_start, dca_stop, dca_kill           as a service: DCA_LOG, DCA_PID
#   dca_state FILTER          what jq makes of its status.json
#   dca_waits                 how many octets of reports wait
#
# CSRC_BUILD is the directory that the programs were built in, CSRC_SOURCE that of
# the source.

DCA_DIR=
DCA_LOG=
DCA_PID=

dca_use()
{
	DCA_DIR=$1/dca-$2
	DCA_LOG=$DCA_DIR/log
}

# options NAME=VALUE…
dca_options()
{
	local pair

	for pair; do
		echo "${pair%%=*} = ${pair#*=}"
	done
}

dca_configure()
{
	local directory=$1 id=$2 center=$3 url=$4
	shift 4

	dca_use "$directory" "$id"
	mkdir -p "$DCA_DIR/profiles"
	chmod 755 "$DCA_DIR" "$DCA_DIR/profiles"
	cp "$CSRC_SOURCE"/agent/profiles/*.profile "$DCA_DIR/profiles"
	(
		umask 077
		cat >"$DCA_DIR/key"
		: >"$DCA_DIR/credentials"
	)
	dca_options "center=$center" "id=$id" "url=$url" log_target=stderr \
		"$@" >"$DCA_DIR/csrc-dca.conf"
	chmod 644 "$DCA_DIR/csrc-dca.conf"
}

dca_credentials()
{
	echo "[credentials $1]" >>"$DCA_DIR/credentials"
	shift
	dca_options "$@" >>"$DCA_DIR/credentials"
}

dca_printers()
{
	{
		echo "[printers $1]"
		dca_options "credentials=$2" "addresses=$3"
		shift 3
		dca_options "$@"
	} >>"$DCA_DIR/csrc-dca.conf"
}

dca()
{
	"$CSRC_BUILD/csrc-dca" -d "$DCA_DIR" "$@"
}

dca_start()
{
	"$CSRC_BUILD/csrc-dca" -d "$DCA_DIR" 2>>"$DCA_LOG" &
	DCA_PID=$!
}

dca_stop()
{
	[ -z "$DCA_PID" ] || stop_process "$DCA_PID" 60
	DCA_PID=
}

dca_kill()
{
	kill_process "$DCA_PID"
	DCA_PID=
}

dca_state()
{
	jq -r "$1" "$DCA_DIR/state/status.json"
}

dca_waits()
{
	cat "$DCA_DIR"/state/queue/[0-9]*.{jsonl,undated} 2>/dev/null | wc -c
}
