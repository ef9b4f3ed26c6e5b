# A member of one shard; the fact `shard` says of which.
class mongodb::shard {
  contain mongodb
  $shard = $facts['shard']

  file { '/etc/mongod.conf':
    ensure  => file,
    content => "replication: {replSetName: ${shard}}\nsharding: {clusterRole: shardsvr}\n",
    require => Package['mongodb-org-server'],
    notify  => Service['mongod'],
  }

  groundrule::dependency { "replication of ${shard}":
    from     => Service['mongod'],
    on       => Service['mongod'],
    matching => "mongodb::shard and shard=${shard}",
    kind     => 'soft',
    needs    => 'all',
  }
}
