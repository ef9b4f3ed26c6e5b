# Mail of this machine goes out by a smarthost, and waits in the queue while there is none.
#
# @param smarthosts whom it may hand its mail to
class exim::satellite (Array[String[1], 1] $smarthosts) {
  include exim

  file { '/etc/exim4/update-exim4.conf.conf':
    ensure  => file,
    content => "dc_eximconfig_configtype='satellite'\ndc_smarthost='${smarthosts.join(';')}'\n",
    require => Package['exim4'],
    notify  => Service['exim4'],
  }

  groundrule::dependency { 'mail out':
    from  => Service['exim4'],
    on    => Service['exim4'],
    nodes => $smarthosts,
    kind  => 'soft',
  }
}
