#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# lfs.cgi - a store of git-lfs: its batch API and basic transfers; fcgiwrap runs it after nginx has asked
# the token service
#
# Objects are files below $LFS_OBJECTS. The objects of a repository whose name begins with "closed-" are at an
# address that accepts no token: $LFS_CLOSED instead of $LFS_BASE.
use strict;
use warnings;
use JSON::PP;

my $objects = $ENV{LFS_OBJECTS};
binmode STDIN; binmode STDOUT;

sub answer {
	my ($status, $body) = @_;
	print "Status: $status\r\nContent-Type: application/vnd.git-lfs+json\r\n\r\n";
	print encode_json($body) if $body;
	exit 0;
}

sub body {
	my $left = $ENV{CONTENT_LENGTH} || 0;
	my $text = '';
	while ($left > 0) {
		my $n = read(STDIN, $text, $left, length $text) or last;
		$left -= $n;
	}
	return $text;
}

sub path_of {
	my ($oid) = $_[0] =~ /^([0-9a-f]{64})\z/ or answer(422, { message => 'no such name' });
	return "$objects/$oid";
}

sub batch {
	my $request = decode_json(body());
	my $download = $request->{operation} eq 'download';
	my $base = $ENV{LFS_REPOSITORY} =~ /^closed-/ ? $ENV{LFS_CLOSED} : $ENV{LFS_BASE};
	my @list;
	for my $object (@{$request->{objects}}) {
		my %entry = (oid => $object->{oid}, size => $object->{size} + 0);
		my $there = -e path_of($object->{oid});
		if ($download && !$there) {
			$entry{error} = { code => 404, message => 'not there' };
		} elsif ($download || !$there) {
			$entry{actions} = { $request->{operation} => { href => "$base/objects/$object->{oid}" } };
		}
		push @list, \%entry;
	}
	answer(200, { transfer => 'basic', objects => \@list });
}

sub put {
	my ($path) = @_;
	open(my $file, '>:raw', "$path.$$") or answer(500, { message => "$!" });
	print $file body();
	close $file or answer(500, { message => "$!" });
	rename "$path.$$", $path or answer(500, { message => "$!" });
	answer(200);
}

my ($what) = $ENV{LFS_PATH} =~ m{^objects/(\w+)\z} or answer(404, { message => 'no such path' });
my $method = $ENV{REQUEST_METHOD};
if ($what eq 'batch' && $method eq 'POST') {
	batch();
} elsif ($method eq 'PUT') {
	put(path_of($what));
} elsif ($method eq 'GET' && open(my $file, '<:raw', path_of($what))) {
	local $/;
	print "Content-Type: application/octet-stream\r\n\r\n", <$file>;
} else {
	answer(404, { message => 'not there' });
}
