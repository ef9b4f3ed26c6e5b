# frozen_string_literal: true

# Facts are loaded before the catalog is applied, by agents and by `puppet apply`. That is early enough to hear of every resource,
# and takes no start-up flag. There is no fact here.
if defined?(Puppet)
  begin
    require_relative '../puppet_x/groundrule/events'
    PuppetX::Groundrule::Events.install
  rescue StandardError, ScriptError => e
    Puppet.warning("groundrule: no events are sent: #{e.message}")
  end
end
