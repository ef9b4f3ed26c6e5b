Given('all nodes') { @nodes = %w[web1 web2] }

Then('there are at least {int} of them') do |count|
  raise 'too few' if @nodes.size < count
end
