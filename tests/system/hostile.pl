#!/usr/bin/perl
# Makes hostile mails from a genuine seal: hostile.pl SEAL.der DIRECTORY
# writes one file a mail, named NAME.VERDICT.REASON after what the gateway must
# say of it. SEAL.der is AuthEnvelopedData as openssl makes it. The files are
# the octets that go over SMTP, without dot-stuffing.
use strict;
use warnings;

my ($seal, $directory) = @ARGV;
my $head = "From: <device\@customer.example>\r\n"
	. "To: <csrc\@center.example>\r\nSubject: hostile\r\n";

sub slurp {
	open my $f, '<:raw', $_[0] or die "$_[0]: $!";
	local $/;
	return scalar <$f>;
}

sub mail {
	my ($name, $octets) = @_;
	open my $f, '>:raw', "$directory/$name" or die "$name: $!";
	print $f $octets;
	close $f or die "$name: $!";
}

# DER as a tree: [identifier octet, content or list of trees].
sub decode {
	my ($octets) = @_;
	my @trees;
	while (length $octets) {
		my ($id, $length) = unpack 'CC', $octets;
		my $skip = 2;
		if ($length > 0x80) {
			my $count = $length & 0x7f;
			$length = 0;
			$length = $length << 8 | ord substr $octets, $skip++, 1
				for 1 .. $count;
		}
		my $content = substr $octets, $skip, $length;
		push @trees, [$id, $id & 0x20 ? decode($content) : $content];
		$octets = substr $octets, $skip + $length;
	}
	return \@trees;
}

sub encode {
	my ($trees) = @_;
	my $out = '';
	for my $tree (@$trees) {
		my ($id, $content) = @$tree;
		$content = encode($content) if ref $content;
		my $length = length $content;
		$out .= chr($id) . ($length < 128 ? chr $length
			: $length < 256 ? pack 'CC', 0x81, $length
			: pack 'Cn', 0x82, $length) . $content;
	}
	return $out;
}

sub smime {
	my ($name, $der) = @_;
	my $text = base64($der);
	mail($name, $head . "MIME-Version: 1.0\r\nContent-Type: "
		. "application/pkcs7-mime; smime-type=authEnveloped-data\r\n"
		. "Content-Transfer-Encoding: base64\r\n\r\n$text");
}

sub base64 {
	my $text = pack 'u', $_[0];
	my $out = '';
	for my $line (split /\n/, $text) {
		$line = substr $line, 1;
		$line =~ tr#` -_#AA-Za-z0-9+/#;
		$out .= $line;
	}
	my $pad = (3 - length($_[0]) % 3) % 3;
	substr($out, -$pad) = '=' x $pad if $pad;
	$out =~ s/(.{1,76})/$1\r\n/g;
	return $out;
}

# One change to the tree at a time. The parts of AuthEnvelopedData:
# version, recipients, content info, tag.
sub changed {
	my ($name, $change) = @_;
	my $trees = decode($der::whole);
	$change->($trees->[0][1][1][1][0][1]);
	smime("$name.spoof.not-authentic", encode($trees));
}

$der::whole = slurp($seal);
encode(decode($der::whole)) eq $der::whole or die 'not the DER expected';

for my $size (0, 4, 8, 12, 15) {
	changed("tag-$size", sub {
		$_[0][3][1] = substr $_[0][3][1], 0, $size;
	});
	changed("tag-$size-said", sub {
		$_[0][3][1] = substr $_[0][3][1], 0, $size;
		$_[0][2][1][1][1][1][1][1][1] = chr $size;
	});
}
changed('two-recipients', sub { push @{$_[0][1][1]}, $_[0][1][1][0] });
changed('no-recipient', sub { $_[0][1][1] = [] });
changed('attributes', sub { splice @{$_[0]}, 3, 0, [0xa1, [[0x30, []]]] });
changed('short-nonce', sub {
	my $nonce = \$_[0][2][1][1][1][1][1][0][1];
	$$nonce = substr $$nonce, 0, 7;
});
changed('other-key-id', sub { $_[0][1][1][0][1][1][1][0][1] = 'nobody' });
changed('empty-content', sub { $_[0][2][1][2][1] = '' });
changed('version', sub { $_[0][0][1] = chr 2 });
smime('trailing.spoof.not-authentic', $der::whole . "\0");
smime("truncated-$_.spoof.not-authentic", substr $der::whole, 0, $_)
	for 1, 2, 20, 60, length($der::whole) - 1;
smime('deep-der.spoof.not-authentic', "\x30\x80" x 20000);
smime('no-cms.spoof.not-authentic', 'not CMS at all');

# MIME
my $multipart = $head . "MIME-Version: 1.0\r\n"
	. "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
mail('many-parts.malformed.too-large', $multipart . "--b\r\n\r\n" x 400000);
my $nested = $head . "MIME-Version: 1.0\r\n";
$nested .= "Content-Type: multipart/mixed; boundary=b$_\r\n\r\n--b$_\r\n"
	for 1 .. 1000;
mail('nested.malformed.too-large', $nested . "\r\nx\r\n");
mail('big.malformed.too-large', $head . "\r\n" . ('x' x 76 . "\r\n") x 60000);
mail('many-fields.malformed.too-large', $head . "X: y\r\n" x 5000 . "\r\nx\r\n");
mail('groups.malformed.too-large', $head . 'Cc: '
	. ('a:' x 400 . "\r\n ") x 125 . "\r\n\r\nx\r\n");

# octets
mail('empty.spoof.unprotected', '');
mail('no-body.spoof.unprotected', $head);
mail('8-bit.spoof.unprotected', $head . "X: \xff\xfe\x80\r\n\r\n\xff\x00\xfe\r\n");
mail('bare-cr.spoof.unprotected', $head . "\r\na\rb\r\rc\r\n");
mail('doubled.spoof.unprotected', $head
	. "CSRC-Device-Serial: A100000000001\r\n" x 2 . "\r\nx\r\n");
