module MCollective
  module Registration
    # Sends what a node is: its facts, classes, agents and collectives.
    class Meta < Base
      def body
        config = Config.instance
        classes = File.exist?(config.classesfile) ? File.readlines(config.classesfile, chomp: true) : []
        { identity: config.identity, agentlist: Agents.agentlist, classes: classes,
          facts: PluginManager["facts_plugin"].get_facts, collectives: config.collectives.sort }
      end
    end
  end
end
