# shellcheck shell=bash
# The rows of telephone lines: what a line of 2,400 bit/s carries of ten messages, by
# our protocol and by zmodem, over the same pipe. To be sourced by bench.sh.

LINE_ROUNDS=3
LINE_RATE=240 # octets a second, each in ten bits
LINE_MESSAGES=10
LINE_SERIAL=BENCH

line_bench_begin()
{
	local at=$WORK/telephone

	mkdir -m 755 "$at"
	gateway_configure "$at" log_level=info "${LINE_GATEWAY[@]}"
	csrcadm init >"$WORK/out" 2>&1 &&
		csrcadm center add "$CENTER" --address "$ADDRESS" &&
		csrcadm device add $LINE_SERIAL --center "$CENTER" \
			--channel line >"$WORK/out" &&
		(umask 077 && csrcadm device key $LINE_SERIAL --generate \
			>"$at/key") || die "no device"
	gateway_start || die "no gateway"
	line_configure "$at" "$CENTER"
}

line_device()
{
	"$CSRC_BUILD/csrc-device" "$1" --center "$CENTER" \
		--serial $LINE_SERIAL --key-file "$WORK/telephone/key" \
		--queue "$WORK/telephone/queue" "${@:2}" >"$WORK/said" 2>&1 ||
		die "csrc-device: $(tail -n 3 "$WORK/said")"
}

# ten messages of some 1.5 kB into the queue, and copies for zmodem
line_fill()
{
	local i files=$WORK/telephone/files

	rm -rf "$files" && mkdir "$files"
	for ((i = 0; i < LINE_MESSAGES; i++)); do
		line_device report --counter "total=$((++LINE_TOTAL))" \
			--model "$(printf '%0300d' "$i")"
	done
	cp "$WORK/telephone/queue/"*.p7m "$files"
	LINE_OCTETS=$(cat "$files"/* | wc -c)
}
LINE_TOTAL=0
LINE_OCTETS=0

# line_timed COMMAND…: the share of the line that it makes use of
line_timed()
{
	local began=$EPOCHREALTIME

	"$@" || return 1
	awk -v octets="$LINE_OCTETS" -v rate=$LINE_RATE \
		"BEGIN { print octets / rate / ($EPOCHREALTIME - $began) }"
}

line_ours()
{
	line_device line --command \
		"$CSRC_BUILD/tests/tools/badpipe rate=$LINE_RATE $LINE_ANSWER"
}

line_zmodem()
{
	local at=$WORK/telephone/zmodem bin=$UNPACK_DIR/zmodem/usr/bin

	rm -rf "$at" && mkdir "$at" && mkfifo "$at.back" || return 1
	# shellcheck disable=SC2094 # it is the way back
	(cd "$at" && "$bin/sz" -b -q "$WORK/telephone/files/"* <"$at.back" |
		"$CSRC_BUILD/tests/tools/badpipe" rate=$LINE_RATE \
			"$bin/rz" -b -q >"$at.back")
	rm "$at.back"
	[ "$(find "$at" -type f | wc -l)" -eq $LINE_MESSAGES ]
}

telephoned()
{
	local round
	local -a ours=() bare=() ratio=()

	if [ "$(id -u)" -ne 0 ] || ! unpack zmodem lrzsz; then
		say "no lrzsz, or not root: part line left out"
		return
	fi
	line_bench_begin
	for ((round = 0; round < LINE_ROUNDS; round++)); do
		say "calls at 2,400 bit/s, round $((round + 1)): a minute"
		line_fill
		line_timed line_zmodem >"$WORK/zmodem" &
		ours+=("$(line_timed line_ours)") || die "no call"
		wait $! || die "zmodem failed"
		bare+=("$(cat "$WORK/zmodem")")
		ratio+=("$(awk "BEGIN { print ${ours[-1]} / ${bare[-1]} }")")
	done
	gateway_stop
	row "(m)" "share of a line of 2,400 bit/s, 10 messages" "" ">= 0.90" \
		"${ours[@]}"
	row "" "the same by zmodem" "" "" "${bare[@]}"
	row "" "ratio" "" "" "${ratio[@]}"
}
