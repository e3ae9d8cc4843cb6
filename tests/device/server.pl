#!/usr/bin/perl
# A WebDAV server that answers as it is told: server.pl DIRECTORY. It prints its
# port. The file DIRECTORY/METHOD holds what a request of that method hears: a
# status, and after an empty line a body; or "cut", and it is cut off after its
# header. What each request was is appended to DIRECTORY/log. One at a time.
use strict;
use warnings;
use IO::Socket::INET;

my ($directory) = @ARGV;
my $listener = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1')
	or die "listen: $!";
$| = 1;
$SIG{PIPE} = 'IGNORE';
print $listener->sockport, "\n";

sub told {
	my ($method) = @_;
	open my $f, '<:raw', "$directory/$method" or return ('404', '');
	local $/;
	my ($status, $body) = split /\n\n/, scalar <$f>, 2;
	chomp $status;
	return ($status, $body // '');
}

sub logged {
	open my $f, '>>', "$directory/log" or die "log: $!";
	print $f "@_\n";
	close $f;
}

# One request; false: the connection is at its end.
sub serve {
	my ($peer) = @_;
	my ($length, $line) = (0, scalar <$peer>);
	return 0 unless defined $line && $line =~ /^([A-Z]+) (\S+)/;
	my ($method, $path) = ($1, $2);
	while (defined($line = <$peer>) && $line !~ /^\r?\n/) {
		$length = $1 if $line =~ /^content-length: *(\d+)/i;
	}
	my ($status, $body) = told($method);
	logged($method, $path, $status);
	return 0 if $status eq 'cut';
	while ($length > 0) {
		my $octets;
		my $got = read($peer, $octets, $length);
		return 0 unless $got;
		$length -= $got;
	}
	print $peer "HTTP/1.1 $status Said\r\n",
		$status =~ /^401/ ? "WWW-Authenticate: Basic realm=\"x\"\r\n" : '',
		"Content-Type: text/xml\r\nContent-Length: ", length $body,
		"\r\n\r\n", $body;
	return 1;
}

while (my $peer = $listener->accept) {
	$peer->autoflush(1);
	1 while serve($peer);
	close $peer;
}
