# Clients of Perl's Mojolicious: client.pl KIND BASE CA NAME plays the story of LDLM REST (http) or of Locktopus
# (web-socket). Ends with 0 when all is as it should be, else with 1 and the reason.
use Mojo::Base -strict, -signatures;
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);
use Mojo::UserAgent;

my ($kind, $base, $ca, $name) = @ARGV;
my $agent = Mojo::UserAgent->new(connect_timeout => 10, request_timeout => 10);
$agent->ca($ca) if $ca;

sub check ($what, $is_right, $actual) {
  return if $is_right;
  print STDERR "$what: $actual\n";
  exit 1;
}

sub ask ($method, $path, $fields) {
  my @body = defined $fields ? (json => $fields) : ();
  my $answer = $agent->start($agent->build_tx($method => "$base$path" => @body));
  check("$method $path", !$answer->error || defined $answer->error->{code}, $answer->error ? $answer->error->{message} : '');
  return $answer->res->json;
}

if ($kind eq 'http') {
  check('session', length ask('POST', '/session', undef)->{session_id} == 32, 'no session');
  my $taken = ask('POST', '/v1/lock', {name => $name});
  check('lock', $taken->{locked}, encode_json($taken));
  my $second = ask('POST', '/v1/lock', {name => $name});
  check('second lock', !$second->{locked}, encode_json($second));
  my $back = ask('POST', '/v1/unlock', {name => $name, key => $taken->{key}});
  check('unlock', $back->{unlocked}, encode_json($back));
  ask('DELETE', '/session', undef);
  exit 0;
}

my @steps = (
  [{action => 'lock', resources => [{type => 'write', path => [$name]}]}, 'acquired'],
  [{action => 'release'}, 'ready'],
);
my $reason = 'no answer';
my $url = "$base/v1?namespace=field" =~ s/^http/ws/r;
$agent->websocket($url => sub ($agent, $tx) {
  unless ($tx->is_websocket) {
    $reason = $tx->error ? $tx->error->{message} : 'no WebSocket';
    return Mojo::IOLoop->stop;
  }
  my ($message, $state) = @{shift @steps};
  $tx->on(finish => sub { Mojo::IOLoop->stop });
  $tx->on(message => sub ($tx, $text) {
    my $heard = decode_json($text)->{state};
    if ($heard ne $state) {
      $reason = "$heard, not $state";
      return $tx->finish;
    }
    unless (@steps) {
      $reason = '';
      return $tx->finish;
    }
    ($message, $state) = @{shift @steps};
    $tx->send(encode_json($message));
  });
  $tx->send(encode_json($message));
});
Mojo::IOLoop->timer(10 => sub { Mojo::IOLoop->stop });
Mojo::IOLoop->start;
check('WebSocket', !$reason, $reason);
