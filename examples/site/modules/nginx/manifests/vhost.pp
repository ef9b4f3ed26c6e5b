# A site that the web server passes on to an application on the same machine.
#
# @param upstream where the application listens
define nginx::vhost (String[1] $upstream) {
  exec { "certificate of ${title}":
    command => "/usr/bin/certbot certonly --nginx -d ${title}",
    creates => "/etc/letsencrypt/live/${title}/fullchain.pem",
    require => Package['nginx'],
    before  => File["/etc/nginx/sites-enabled/${title}.conf"],
  }
  file { "/etc/nginx/sites-enabled/${title}.conf":
    ensure  => file,
    content => "server { listen 443 ssl; server_name ${title}; location / { proxy_pass http://${upstream}; } }\n",
    notify  => Service['nginx'],
  }
}
