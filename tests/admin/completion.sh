#!/bin/bash
# What bash completes, with the program that was built.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=contrib/completion/csrcadm
. "$srcdir/contrib/completion/csrcadm"

# completes WANTED WORD…: the last word, which may be "", becomes one of these.
completes()
{
	local wanted=$1
	shift

	COMP_WORDS=("$builddir/csrcadm" "$@")
	COMP_CWORD=$#
	_csrcadm_bash
	is "$(printf '%s ' "${COMPREPLY[@]}")" "$wanted " "csrcadm $*"
}

completes "explain" exp
completes "submit" sub
completes \
	"add set key list show readings unknown adopt commission enable disable remove import export" \
	device ""
completes "" oper
completes "list" center li
completes "--center" submit FILE --ce
completes "--principal" submit FILE --pr
completes "--protection" device add X --pro
completes "required optional" device add X --protection ""
completes "login" submit FILE --how l
completes "" device add X --center ""
completes "remove" center address re
completes "" device show ""
completes "--prometheus" stats --p
completes "--config" --c
completes "" dance ""
completes "" dance --x

# shellcheck source=contrib/completion/csrc-webdav
. "$srcdir/contrib/completion/csrc-webdav"
COMP_WORDS=("$builddir/csrc-webdav" --o)
COMP_CWORD=1
_csrc_webdav_bash
is "${COMPREPLY[*]}" --once "csrc-webdav --o"

# shellcheck disable=SC1091 # made of the other
. "$builddir/contrib/completion/csrc-ca"
COMP_WORDS=("$builddir/csrc-ca" --k)
_csrc_ca_bash
is "${COMPREPLY[*]}" --key-type "csrc-ca --k"
COMP_WORDS=("$builddir/csrc-ca" in)
_csrc_ca_bash
is "${COMPREPLY[*]}" init "csrc-ca in"

# shellcheck disable=SC1091 # made of the first one too
. "$builddir/contrib/completion/csrc-dca"
COMP_WORDS=("$builddir/csrc-dca" --dir)
_csrc_dca_bash
is "${COMPREPLY[*]}" --directory "csrc-dca --dir"
COMP_WORDS=("$builddir/csrc-dca" disc)
_csrc_dca_bash
is "${COMPREPLY[*]}" discover "csrc-dca disc"

# shellcheck disable=SC1091 # made of the first one too
. "$builddir/contrib/completion/csrc-exporter"
COMP_WORDS=("$builddir/csrc-exporter" --s)
_csrc_exporter_bash
is "${COMPREPLY[*]}" --socket "csrc-exporter --s"

# shellcheck disable=SC1091 # made of the first one too
. "$builddir/contrib/completion/csrc-receive"
COMP_WORDS=("$builddir/csrc-receive" --ch)
_csrc_receive_bash
is "${COMPREPLY[*]}" --check "csrc-receive --ch"
done_testing
