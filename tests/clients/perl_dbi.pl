#!/usr/bin/perl
# Perl's DBI with DBD::mysql: text and server-side prepared statements, transactions, errors, catalog functions.
use strict;
use warnings;
use utf8;
use DBI;
binmode(STDOUT, ':encoding(UTF-8)');

my @ports = split / /, $ENV{MURMEL_PORTS};
my $database = $ENV{MURMEL_DATABASE};

sub check {
    my ($good, $what) = @_;
    print $good ? "ok $what\n" : "FAIL $what\n";
    exit 1 unless $good;
}

sub arrives {
    my ($condition, $what) = @_;
    for (1 .. 400) {
        return check(1, $what) if $condition->();
        select(undef, undef, undef, 0.05);
    }
    check(0, $what);
}

sub open_node {
    my ($node, %options) = @_;
    return DBI->connect("DBI:mysql:database=$database;host=127.0.0.1;port=$ports[$node]", 'root', '',
        { RaiseError => 1, PrintError => 0, mysql_enable_utf8mb4 => 1, %options });
}

for my $prepare (0, 1) {
    my $how = $prepare ? 'prepared by the server' : 'as text';
    my $one = open_node(0, mysql_server_prepare => $prepare);
    my $table = "goods$prepare";
    $one->do("CREATE TABLE $table (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL UNIQUE, price DECIMAL(12,3),
        made DATETIME, data LONGBLOB, big BIGINT UNSIGNED)");
    my $insert = $one->prepare("INSERT INTO $table (name, price, made, data, big) VALUES (?, ?, ?, ?, ?)");
    my $data = join '', map { chr($_ % 256) } 1 .. 200000;
    $insert->bind_param(1, 'żółć 😀');
    $insert->bind_param(2, '12345.678');
    $insert->bind_param(3, '2024-02-29 23:59:58');
    $insert->bind_param(4, $data, DBI::SQL_BLOB);
    $insert->bind_param(5, '18446744073709551615');
    check($insert->execute == 1 && $one->last_insert_id(undef, undef, $table, 'id') > 0, "INSERT $how");
    my $row = $one->selectrow_hashref("SELECT * FROM $table WHERE name = ?", undef, 'żółć 😀');
    check($row->{price} eq '12345.678' && $row->{made} eq '2024-02-29 23:59:58' && $row->{data} eq $data
        && $row->{big} eq '18446744073709551615', "each value comes back $how");
    $one->begin_work;
    $one->do("INSERT INTO $table (name) VALUES ('lost')");
    $one->rollback;
    $one->begin_work;
    $insert->execute("n$_", $_, undef, undef, $_) for 1 .. 20;
    $one->commit;
    check($one->selectrow_array("SELECT COUNT(*) FROM $table") == 21, "transactions $how");
    for ([ "INSERT INTO $table (name) VALUES ('n1')", 1062, '23000' ], [ 'SELECT * FROM gone', 1146, '42S02' ], [ 'SELEC', 1064, '42000' ]) {
        my ($sql, $number, $state) = @$_;
        eval { $one->do($sql) };
        check($one->err == $number && $one->state eq $state, "$number $how");
    }
    my $two = open_node(1, mysql_server_prepare => $prepare);
    arrives(sub { (eval { $two->selectrow_array("SELECT COUNT(*) FROM $table") } // 0) == 21 }, "the other node has all rows $how");
    check($two->do("DELETE FROM $table WHERE price BETWEEN ? AND ?", undef, 5, 9) == 5, "DELETE tells how many $how");
}
my $two = open_node(2);
arrives(sub { join(' ', map { (split /\./)[-1] =~ tr/`//dr } $two->tables(undef, undef, '%', 'TABLE')) eq 'goods0 goods1' }, 'tables()');
my @columns = map { $_->{COLUMN_NAME} . ' ' . $_->{TYPE_NAME} } @{ $two->column_info(undef, undef, 'goods0', '%')->fetchall_arrayref({}) };
check("@columns" eq 'id INT name VARCHAR price DECIMAL made DATETIME data LONGBLOB big BIGINT', "column_info: @columns");
check(join(' ', $two->primary_key(undef, $database, 'goods0')) eq 'id', 'primary_key');
my $statement = $two->prepare('SELECT id, name, price FROM goods0 LIMIT 1');
$statement->execute;
check("@{$statement->{NAME}}" eq 'id name price' && $statement->{mysql_is_pri_key}[0] && $statement->{mysql_type_name}[2] eq 'decimal',
    'what columns are');
check($two->ping && $two->{mysql_serverinfo} =~ /^8\.0\./, 'ping, and the version');
