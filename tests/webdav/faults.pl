#!/usr/bin/perl
# A small WebDAV server over a directory, which fails as it is told to:
#
#     faults.pl DIRECTORY FAULTS LOG
#
# prints its port. FAULTS is read at each request; the first line "METHOD PATH
# WHAT" whose PATH, a pattern, is in the request's path counts. WHAT: a status; or
# cut (half of the answer), garbage, endless, hang, drop (after it was carried
# out).
use strict;
use warnings;
use IO::Socket::INET;

my ($directory, $faults, $log) = @ARGV;
my $server = IO::Socket::INET->new(
	LocalAddr => "127.0.0.1",
	Listen    => 64,
	ReuseAddr => 1
) or die "no socket: $!\n";
my %reasons = (
	200 => "OK", 201 => "Created", 204 => "No Content",
	207 => "Multi-Status", 301 => "Moved", 404 => "Not Found",
	409 => "Conflict", 412 => "Precondition Failed", 423 => "Locked"
);
$SIG{CHLD} = "IGNORE";
$SIG{PIPE} = "IGNORE";
$| = 1;
print $server->sockport, "\n";
close STDOUT;

sub slurp
{
	my ($path) = @_;

	open(my $in, "<:raw", $path) or return;
	local $/;
	return scalar(<$in>);
}

sub fault
{
	my ($method, $path) = @_;

	for (split /\n/, slurp($faults) // "") {
		my ($for, $where, $what) = split / /;
		return $what if $for eq $method && $path =~ /$where/;
	}
	return "";
}

sub answer
{
	my ($peer, $status, $body, %header) = @_;
	my $reason = $reasons{$status} // "Other";

	print $peer "HTTP/1.1 $status $reason\r\n",
		"Content-Length: ", length($body), "\r\n",
		map({ "$_: $header{$_}\r\n" } sort keys %header), "\r\n", $body;
}

sub listing
{
	my ($path) = @_;
	my $body = '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">';

	opendir(my $there, "$directory$path") or return (404, "");
	for my $name (".", grep { !/^\./ } sort readdir $there) {
		my $file = "$directory$path$name";
		my $href = $name eq "." ? $path : "$path$name";
		my $type = -d $file ? "<D:collection/>" : "";
		my $size = -s $file;

		$body .= "<D:response><D:href>$href</D:href><D:propstat><D:prop>"
			. "<D:resourcetype>$type</D:resourcetype>"
			. "<D:getcontentlength>$size</D:getcontentlength></D:prop>"
			. "<D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
			. "</D:response>";
	}
	return (207, "$body</D:multistatus>", "Content-Type" => "text/xml");
}

sub carry_out
{
	my ($method, $path, $body, %header) = @_;
	my $file = "$directory$path";

	return listing($path) if $method eq "PROPFIND";
	if ($method eq "GET") {
		my $octets = slurp($file);
		return defined $octets ? (200, $octets) : (404, "");
	}
	return (unlink($file) ? 204 : 404, "") if $method eq "DELETE";
	return (mkdir($file) ? 201 : 405, "") if $method eq "MKCOL";
	if ($method eq "PUT") {
		return (412, "") if -e $file && $header{"if-none-match"};
		open(my $out, ">:raw", $file) or return (409, "");
		print $out $body;
		return (201, "");
	}
	if ($method eq "MOVE") {
		my $to = $header{destination} =~ s{^https?://[^/]*}{}r;
		return (404, "") unless -e $file;
		return (rename($file, "$directory$to") ? 201 : 409, "");
	}
	return (405, "");
}

sub serve
{
	my ($peer, $method, $path, $body, %header) = @_;
	my $what = fault($method, $path);

	if ($what eq "hang") {
		1 while sysread($peer, $body, 4096);
		return 0;
	}
	if ($what =~ /^3/) {
		return answer($peer, $what, "", Location => "/elsewhere/");
	}
	return answer($peer, $what, "no") if $what =~ /^\d+$/;
	if ($what eq "garbage") { print $peer "what?\r\n\r\n"; return 0 }
	if ($what eq "endless") {
		print $peer "HTTP/1.1 200 OK\r\n\r\n";
		1 while print $peer "x" x 65536;
		return 0;
	}
	my ($status, $octets, %more) = carry_out($method, $path, $body, %header);
	return 0 if $what eq "drop";
	if ($what eq "cut") {
		print $peer "HTTP/1.1 $status Cut\r\nContent-Length: ",
			length($octets) + 100, "\r\n\r\n",
			substr($octets, 0, length($octets) / 2);
		return 0;
	}
	answer($peer, $status, $octets, %more);
	return 1;
}

sub read_request
{
	my ($peer) = @_;
	my $line = <$peer> // return;
	my ($method, $path) = $line =~ m{^(\S+) (\S+) HTTP/1} or return;
	my (%header, $body);

	while (defined($line = <$peer>) && $line =~ /^([^:]+):\s*(.*?)\r\n/) {
		$header{lc $1} = $2;
	}
	read($peer, $body, $header{"content-length"} // 0);
	$path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
	open(my $out, ">>", $log) or die "$log: $!\n";
	syswrite($out, "$method $path\n");
	return ($method, $path, $body, %header);
}

while (my $peer = $server->accept) {
	next if fork;
	while (my @request = read_request($peer)) {
		serve($peer, @request) or last;
	}
	exit 0;
}
