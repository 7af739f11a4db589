#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# mutants.pl - do the unit tests fail if the code is changed?
#
#	make check-mutants [MUTANTS="lib/exchange/judge.c pam/wire/decide.c …"] [MUTANT_TESTS="tests/unit/exchange/test-judge …"]
#
# Each mutant is one file with one operator changed. It is compiled, every unit test that uses the
# file is linked with it and run, and it counts as killed as soon as one test fails or does not end.
# A mutant that survives either shows that a test is missing, or does the same as the original: the
# latter are listed in tests/mutants-same as FILE, the change, and the line without its indentation,
# separated by tabs. The status is 1 if others survive.
use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use POSIX qw(WNOHANG);

my %opt = (cc => 'cc', libs => '', srcdir => '.', jobs => 1, sources => '', tests => '', files => '');
$opt{$1} = $2 while @ARGV && $ARGV[0] =~ /^--(\w+)=(.*)$/s && shift @ARGV;
my $flags = join ' ', map { (my $quoted = $_) =~ s/'/'\\''/g; "'$quoted'" } @ARGV;
my $work = 'tests/mutants.d';
my @sources = grep /\.c$/, split ' ', $opt{sources};
my @tests = split ' ', $opt{tests};
my @files = split ' ', $opt{files} || <<'END';
lib/base/date.c lib/base/moment.c lib/base/url.c lib/config/account-keys.c lib/config/inifile.c
lib/config/match.c lib/config/values.c lib/data/json.c lib/data/path.c lib/exchange/facts.c
lib/exchange/judge.c lib/exchange/url.c lib/file/lock.c lib/fleet/decide.c lib/provider/check.c lib/provider/template.c
lib/store/credentials.c lib/store/freshness.c lib/store/record.c pam/call/options.c
pam/call/person.c pam/memory/knowledge.c pam/wire/decide.c pam/wire/wire.c
END
$ENV{CK_FORK} = 'no';
$ENV{CK_DEFAULT_TIMEOUT} = 0;

sub quiet { return system("exec >/dev/null 2>&1 </dev/null; $_[0]") }
sub object { my $name = shift; $name =~ tr{/}{-}; return "$work/$name.o" }
sub compile { return "$opt{cc} -g -O0 -w $flags -c $_[0] -o $_[1]" }

# In parallel; the results of each in the order of the list.
sub in_parallel {
	my ($count, $do) = @_;
	my (%running, @failed);
	my $next = 0;
	while ($next < $count || %running) {
		while ($next < $count && keys %running < $opt{jobs}) {
			my $pid = fork() // die "fork: $!";
			if ($pid == 0) {
				my $ok = $do->($next);
				POSIX::_exit($ok ? 0 : 1);
			}
			$running{$pid} = $next++;
		}
		my $pid = waitpid(-1, 0);
		$failed[delete $running{$pid}] = $? if exists $running{$pid};
	}
	return @failed;
}

# The text with comments, strings and preprocessor lines blanked, byte for byte.
sub code_of {
	my $text = shift;
	my $blank = sub { (my $s = shift) =~ s/[^\n]/ /g; return $s };
	$text =~ s{(/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|^[ \t]*\#(?:\\\n|[^\n])*)}{$blank->($1)}gsme;
	return $text;
}

my @changes = (
	[qr/==/, '!='], [qr/!=/, '=='],
	[qr/(?<![<\-=])<(?![<=])/, '<='], [qr/(?<!<)<=/, '<'],
	[qr/(?<![>\-=])>(?![>=])/, '>='], [qr/(?<!>)>=/, '>'],
	[qr/&&/, '||'], [qr/\|\|/, '&&'],
	[qr/!(?=[\w(])/, ''],
	[qr/(?<=\s)\+(?=\s)/, '-'], [qr/(?<=\s)-(?=\s)/, '+'],
	[qr/(?<=\w\s)\*(?=\s\w)/, '/'], [qr{(?<=\w\s)/(?=\s\w)}, '*'],
	[qr/\+=/, '-='], [qr/-=/, '+='], [qr/\|=/, '='],
	[qr/\btrue\b/, 'false'], [qr/\bfalse\b/, 'true'],
);

# [line, offset, old, new]
sub mutants_of {
	my $code = shift;
	my @found;
	for my $change (@changes) {
		my ($from, $to) = @$change;
		while ($code =~ /$from/g) {
			my ($at, $old) = ($-[0], $&);
			# A header's name in angle brackets was blanked; a pointer's star is no product.
			push @found, [1 + (substr($code, 0, $at) =~ tr/\n//), $at, $old, $to];
		}
	}
	return sort { $a->[1] <=> $b->[1] || $a->[3] cmp $b->[3] } @found;
}

sub slurp { open(my $in, '<', $_[0]) or die "$_[0]: $!\n"; local $/; return <$in> }

remove_tree($work);
make_path($work);
my @build = in_parallel(scalar @sources, sub { !quiet(compile("$opt{srcdir}/$sources[$_[0]]", object($sources[$_[0]]))) });
my @broken = grep { $build[$_] } 0 .. $#sources;
die "mutants: does not compile: @sources[@broken]\n" if @broken;
quiet("ar rcs $work/all.a $work/*.o") == 0 or die "mutants: ar failed\n";

# Which objects each test takes out of the archive, and that it passes as it is.
my %uses;
@tests = grep { -e "$opt{srcdir}/$_.c" } @tests;
in_parallel(scalar @tests, sub { !quiet(compile("$opt{srcdir}/$tests[$_[0]].c", object($tests[$_[0]]))) });
my @alone = in_parallel(scalar @tests, sub {
	my ($o, $out) = (object($tests[$_[0]]), "$work/alone-$_[0]");
	return !quiet("$opt{cc} -o $out $o $work/all.a $opt{libs} && timeout 120 $out");
});
for my $i (0 .. $#tests) {
	my $test = $tests[$i];
	if ($alone[$i]) {
		print "mutants: $test does not pass alone and is left out\n";
		next;
	}
	my $o = object($test);
	my $taken = `$opt{cc} -Wl,-t,-t -o $work/test $o $work/all.a $opt{libs} 2>&1`;
	for my $source (@sources) {
		my $name = object($source);
		$name =~ s{.*/}{};
		push @{$uses{$source}}, $test if $taken =~ /\Q$name\E/;
	}
}

my %same;
if (open(my $in, '<', "$opt{srcdir}/tests/mutants-same")) {
	while (<$in>) { chomp; $same{$_} = 1 unless /^#|^$/ }
}

$| = 1;
my ($all, $all_killed, $all_same, $bad) = (0, 0, 0, 0);
for my $file (@files) {
	my @run = @{$uses{$file} // []};
	if (!@run) { print "$file: no unit test uses it\n"; next }
	# The test of its own name first: most die there.
	(my $own = $file) =~ s{.*/(.*)\.c$}{/test-$1};
	@run = sort { ($b =~ /\Q$own\E$/) <=> ($a =~ /\Q$own\E$/) } @run;
	my $text = slurp("$opt{srcdir}/$file");
	my @lines = split /\n/, $text;
	my @mutants = mutants_of(code_of($text));
	# 0 survived, 1 killed, 2 does not compile: the exit status of one process each.
	my (%running, @result);
	my $next = 0;
	while ($next < @mutants || %running) {
		while ($next < @mutants && keys %running < $opt{jobs}) {
			my $pid = fork() // die "fork: $!";
			if ($pid == 0) {
				my ($line, $at, $old, $new) = @{$mutants[$next]};
				my $mine = "$work/m$next";
				(my $changed = $text) =~ s/\A(.{$at})\Q$old\E/$1$new/s;
				make_path($mine);
				open(my $out, '>', "$mine/mutant.c") or POSIX::_exit(3);
				print $out $changed;
				close $out;
				(my $dir = "$opt{srcdir}/$file") =~ s{/[^/]*$}{};
				my $status = 0;
				if (quiet(compile("-iquote $dir $mine/mutant.c", "$mine/mutant.o")) != 0) {
					$status = 2;
				} else {
					for my $test (@run) {
						my $o = object($test);
						if (quiet("$opt{cc} -o $mine/test $o $mine/mutant.o $work/all.a $opt{libs}") != 0) {
							$status = 2;
							last;
						}
						if (quiet("timeout 20 $mine/test") != 0) { $status = 1; last }
					}
				}
				remove_tree($mine);
				POSIX::_exit($status);
			}
			$running{$pid} = $next++;
		}
		my $pid = waitpid(-1, 0);
		$result[delete $running{$pid}] = $? >> 8 if exists $running{$pid};
	}
	my ($killed, $equal, $built, @survivors) = (0, 0, 0);
	for my $i (0 .. $#mutants) {
		my ($line, $at, $old, $new) = @{$mutants[$i]};
		(my $source = $lines[$line - 1]) =~ s/^\s+//;
		next if $result[$i] == 2;
		$built++;
		if ($result[$i] == 1) { $killed++; next }
		my $change = "$old -> " . ($new eq '' ? '(nothing)' : $new);
		if ($same{"$file\t$change\t$source"}) { $equal++; next }
		push @survivors, sprintf "  %s:%d: %s\t%s\n", $file, $line, $change, $source;
	}
	printf "%s: %d mutants, %d killed, %d the same program, %d survive\n", $file, $built, $killed, $equal,
		scalar @survivors;
	print @survivors;
	$all += $built; $all_killed += $killed; $all_same += $equal; $bad += @survivors;
}
print "all: $all mutants, $all_killed killed, $all_same the same program, $bad survive\n";
exit($bad ? 1 : 0);
