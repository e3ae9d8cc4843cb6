# shellcheck shell=bash
# Private snmpds on loopback addresses, as printers: real agents with SNMPv3. To
# be sourced after process.sh and unpack.sh.
#
#   snmpd_start DIR NAME PORT ADDRESSES LINE…
#           everything is below DIR/NAME; the lines are for its configuration
#           beside those of a printer: users (createUser, rouser) or communities.
#           Sets SNMPD_PID
#   snmpd_printer SERIAL PAGES    lines that make a printer of it
#   snmpd_stop_all

SNMPD_PIDS=()
SNMPD_PID=

snmpd_unpack()
{
	unpack snmpd snmpd
}

# What the Printer-MIB (RFC 3805) says of one with a tray of colours.
snmpd_printer()
{
	local serial=$1 pages=$2 printer=1.3.6.1.2.1.43

	cat <<END
sysObjectID 1.3.6.1.4.1.99999.1
override 1.3.6.1.2.1.25.3.2.1.3.1 octet_str "Example Printer 300"
override $printer.5.1.1.17.1 octet_str "$serial"
override $printer.10.2.1.3.1.1 integer 7
override $printer.10.2.1.4.1.1 counter $pages
override $printer.11.1.1.6.1.1 octet_str "Black Toner"
override $printer.11.1.1.8.1.1 integer 10000
override $printer.11.1.1.9.1.1 integer 4200
END
}

snmpd_configuration()
{
	local directory=$1 line
	shift

	cat <<END
persistentDir $directory/persistent
[snmp] persistentDir $directory/persistent
END
	for line; do
		echo "$line"
	done
}

snmpd_start()
{
	local directory=$1/$2 port=$3 address listen=

	for address in $4; do
		case $address in
		*:*) listen+=${listen:+,}udp6:[$address]:$port ;;
		*) listen+=${listen:+,}udp:$address:$port ;;
		esac
	done
	shift 4

	snmpd_unpack || return 1
	mkdir -p "$directory/persistent"
	snmpd_configuration "$directory" "$@" >"$directory/agent.conf"
	MIBS='' SNMP_PERSISTENT_DIR=$directory/persistent \
		SNMPCONFPATH=$directory/none \
		"$UNPACK_DIR/snmpd/usr/sbin/snmpd" -f -C \
		-c "$directory/agent.conf,$directory/persistent/snmpd.conf" -Lf "$directory/log" -I -smux \
		-p "$directory/pid" "$listen" \
		>"$directory/out" 2>&1 &
	SNMPD_PID=$!
	SNMPD_PIDS+=("$SNMPD_PID")
	wait_for 20 snmpd_ready "$directory" && alive "$SNMPD_PID" && return 0
	echo "the private snmpd $directory did not start:" >&2
	cat "$directory/out" "$directory/log" >&2
	return 1
}

# It says so when it is.
snmpd_ready()
{
	grep -q "NET-SNMP version" "$1/log"
}

snmpd_stop_all()
{
	local pid

	for pid in "${SNMPD_PIDS[@]}"; do
		stop_process "$pid" 10
	done
	SNMPD_PIDS=()
}
