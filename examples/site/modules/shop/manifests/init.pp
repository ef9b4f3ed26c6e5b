# The web shop: an application of our own behind the web server.
#
# @param release  which release of it
# @param site     its name on the web
# @param database the machines that hold its database, as a filter: one of them will do
# @param shards   the shards of the document store; it needs every one of them, and one member of each
# @param erp      the machine that the orders go to at night
class shop (
  String[1]           $release,
  String[1]           $site,
  String[1]           $database,
  Array[String[1], 1] $shards,
  String[1]           $erp,
) {
  user { 'shop':
    ensure => present,
    system => true,
    home   => '/srv/shop',
  }
  package { 'shop':
    ensure  => $release,
    require => User['shop'],
  }
  file { '/etc/shop.conf':
    ensure  => file,
    owner   => 'shop',
    mode    => '0640',
    content => "database=shop\nshards=${shards.join(',')}\norders=sftp://${erp}/orders\n",
  }
  file { '/etc/systemd/system/shop.service':
    ensure  => file,
    content => "[Service]\nUser=shop\nExecStart=/srv/shop/bin/shop\n",
  }
  ~> exec { '/usr/bin/systemctl daemon-reload': refreshonly => true }
  -> service { 'shop':
    ensure    => running,
    enable    => true,
    require   => Package['shop'],
    subscribe => File['/etc/shop.conf'],
  }

  contain nginx
  nginx::vhost { $site:
    upstream => '127.0.0.1:8080',
    require  => Service['shop'],
  }

  groundrule::dependency { 'shop database':
    from     => Service['shop'],
    on       => Service['mariadb'],
    matching => $database,
  }
  $shards.each |$shard| {
    groundrule::dependency { "shop documents ${shard}":
      from     => Service['shop'],
      on       => Service['mongod'],
      matching => "mongodb::shard and shard=${shard}",
    }
  }
  groundrule::dependency { 'shop cache':
    from     => Service['shop'],
    on       => Service['memcached'],
    matching => 'memcached',
    kind     => 'soft',
  }
  groundrule::dependency { 'shop orders':
    from  => Service['shop'],
    nodes => $erp,
    kind  => 'soft',
  }
}
