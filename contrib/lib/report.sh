# shellcheck shell=bash
# A device's mails, made with stock tools only. To be sourced.

# report_json SERIAL TOTAL [DATE]: a counters report.
report_json()
{
	local date=${3:-$(date +%Y-%m-%dT%H:%M:%S%:z)}

	printf '{"version":1,"kind":"counters","serial":"%s","date":"%s",' \
		"$1" "$date"
	printf '"model":"MF-3600","counters":{"total":%s,"total.color":%s}}\n' \
		"$2" "$(($2 / 3))"
}

# report_entity CENTER SERIAL [EMAIL-ID] <JSON: the MIME entity to be sealed.
report_entity()
{
	echo "CSRC-Center-ID: $1"
	echo "CSRC-Device-Serial: $2"
	[ -z "${3-}" ] || echo "CSRC-Email-ID: $3"
	echo "MIME-Version: 1.0"
	echo "Content-Type: application/vnd.csrc.report+json"
	echo "Content-Transfer-Encoding: 8bit"
	echo
	cat
}

# seal KEY-ID KEY [OPTION…] <ENTITY: S/MIME, with the header fields that
# openssl gives it. An option such as -aes-128-gcm replaces -aes-256-gcm.
seal()
{
	local id=$1 key=$2 cipher=-aes-256-gcm
	shift 2

	case "$*" in
	*-aes-*|*-des3*) cipher= ;;
	esac
	# shellcheck disable=SC2086 # no cipher is no argument
	openssl cms -encrypt $cipher "$@" -secretkey "$key" \
		-secretkeyid "$id" -outform SMIME
}

# mail_head TO [SUBJECT]: the fields that any mail has.
mail_head()
{
	echo "From: MF-3600 <device@customer.example>"
	echo "To: <$1>"
	echo "Subject: ${2-Counter report}"
	echo "Date: $(date -R)"
	echo "Message-ID: <$(openssl rand -hex 12)@customer.example>"
}

# sealed_mail CENTER SERIAL KEY-ID KEY TOTAL: a whole genuine mail.
sealed_mail()
{
	mail_head csrc@center.example
	echo "CSRC-Center-ID: $1"
	echo "CSRC-Device-Serial: $2"
	report_json "$2" "$5" | report_entity "$1" "$2" | seal "$3" "$4"
}

# plain_mail CENTER SERIAL TOTAL: the same without a seal.
plain_mail()
{
	mail_head csrc@center.example
	report_json "$2" "$3" | report_entity "$1" "$2"
}
