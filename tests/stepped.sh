# shellcheck shell=bash
# Daemons whose clocks are wrong, by tests/tools/stepped.c. To be sourced; WORK is the
# test's directory.
#
#   stepped REAL BOOT SYNCHRONISED  what is added to their clocks
#   stepped_start COMMAND…          which starts one
#   stepped_in STATE                is the gateway's clock in that state?

stepped()
{
	echo "$*" >"$WORK/step.new"
	mv "$WORK/step.new" "$WORK/step"
}

stepped_start()
{
	# a daemon's user need not be able to look into the build directory
	[ -e "$WORK/stepped.so" ] ||
		cp "$CSRC_BUILD/tests/tools/stepped.so" "$WORK" || return 1
	CSRC_STEPPED=$WORK/step LD_PRELOAD=$WORK/stepped.so "$@"
}

stepped_in()
{
	csrcadm clock | grep -qx "state $1"
}
