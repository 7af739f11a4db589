# SPDX-License-Identifier: MIT
# Logins are checked by freshtoken (docs/guides/pam-fleet.md).
class freshtoken (
  String $configuration,
  String $users,
  Optional[Sensitive[String]] $key = undef,
  Boolean $off = false,
) {
  $packages = ['freshtoken', 'libpam-freshtoken']

  package { $packages:
    ensure => installed,
  }

  file { '/etc/freshtoken':
    ensure => directory,
    owner  => 'root',
    group  => 'root',
    mode   => '0755',
  }

  # The emergency switch: no login is refused while this file is there. It needs nothing of the rest.
  file { '/etc/freshtoken/pam.off':
    ensure => $off ? { true => file, default => absent },
    owner  => 'root',
    group  => 'root',
    mode   => '0644',
  }

  if $key {
    file { '/etc/freshtoken/robot.pem':
      owner     => 'root',
      group     => 'root',
      mode      => '0600',
      content   => $key,
      show_diff => false,
      require   => Package[$packages],
      before    => File['/etc/freshtoken/freshtoken.conf'],
    }
  }

  file { '/etc/freshtoken/users':
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => $users,
    require => Package[$packages],
  }

  file { '/etc/freshtoken/freshtoken.conf':
    owner        => 'root',
    group        => 'root',
    mode         => '0644',
    content      => $configuration,
    validate_cmd => '/usr/bin/freshtoken config check %',
    require      => File['/etc/freshtoken/users'],
  }

  service { 'freshtoken-pam.socket':
    ensure  => running,
    enable  => true,
    require => Package[$packages],
  }

  # It refuses where logins would be refused then.
  exec { '/usr/bin/freshtoken setup pam --apply':
    unless  => [[
      '/bin/sh', '-c',
      'for type in account session; do grep -q "^$type .*pam_freshtoken.so" /etc/pam.d/sshd || exit; done',
    ]],
    require => [File['/etc/freshtoken/freshtoken.conf'], Service['freshtoken-pam.socket']],
  }
}
