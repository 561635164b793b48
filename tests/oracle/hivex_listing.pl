#!/usr/bin/perl
# Prints a hive in the form of `rehome hive list`, as libhivex sees it.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Win::Hivex;

binmode STDOUT;
my $hive = Win::Hivex->open($ARGV[0]);

sub bytes {
  my ($text) = @_;
  utf8::encode($text) if utf8::is_utf8($text);
  return $text;
}

sub walk {
  my ($node, $path) = @_;
  printf "K\t%s\t%s\n", $path, $hive->node_timestamp($node);
  for my $value ($hive->node_values($node)) {
    my ($type, $data) = $hive->value_value($value);
    printf "V\t%s\t%s\t%u\t%u\t%s\n", $path, bytes($hive->value_key($value)), $type & 0xffffffff,
      length $data, sha256_hex($data);
  }
  walk($_, $path . "\\" . bytes($hive->node_name($_))) for $hive->node_children($node);
}

no warnings 'recursion';
walk($hive->root, "");
