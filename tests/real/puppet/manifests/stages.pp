# Stages, and what stands in none.
stage { 'first': before => Stage['main'] }
stage { 'last': require => Stage['main'] }
class early { notify { 'early': } }
class late { notify { 'late': } contain later }
class later { notify { 'later': } }
class { 'early': stage => 'first' }
class { 'late': stage => 'last' }
notify { 'now': }
class middle { notify { 'middle': require => Notify['now'] } }
include middle
