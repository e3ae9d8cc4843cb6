#!/usr/bin/perl
# What a service manager does for csrc-milter: manager.pl SOCKET NOTICES
# COMMAND… opens the milter socket, hands it over as descriptor 3, and becomes
# COMMAND. What this then says of itself is printed by a child, one state a line,
# for as long as it lives.
use strict;
use warnings;
use POSIX ();
use Socket;

my ($path, $notices, @command) = @ARGV;
my $daemon = $$;

sub bound {
	my ($name, $type) = @_;
	socket(my $s, AF_UNIX, $type, 0) or die "socket: $!";
	bind($s, pack_sockaddr_un($name)) or die "$name: $!";
	chmod(0666, $name) or die "$name: $!";
	return $s;
}

my $milter = bound($path, SOCK_STREAM);
listen($milter, 5) or die "listen: $!";
my $heard = bound($notices, SOCK_DGRAM);

my $child = fork() // die "fork: $!";
if ($child == 0) {
	$| = 1;
	close $milter;
	setsockopt($heard, SOL_SOCKET, SO_RCVTIMEO, pack('l!l!', 0, 200000));
	while (getppid() == $daemon) {
		my $state;
		print "$1\n" if defined recv($heard, $state, 4096, 0)
			&& $state =~ /^(\w+=1)$/m;
	}
	exit 0;
}
# what perl has at 3 would be closed by exec: a copy of it is not
my $copy = POSIX::dup(fileno($milter)) // die "dup: $!";
POSIX::dup2($copy, 3) // die "dup2: $!";
@ENV{qw(LISTEN_FDS LISTEN_PID NOTIFY_SOCKET WATCHDOG_PID WATCHDOG_USEC)} =
	(1, $$, $notices, $$, 1000000);
exec @command or die "$command[0]: $!";
