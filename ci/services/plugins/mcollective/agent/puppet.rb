module MCollective
  module Agent
    # Stands for the agent that runs Puppet: notes that it was asked to.
    class Puppet < RPC::Agent
      action "runonce" do
        runs = Config.instance.pluginconf["puppet.runs"]
        File.open(runs, "a") { |file| file.puts "#{Time.now.to_f} #{request[:tags]}".rstrip }
        reply[:summary] = "run #{File.foreach(runs).count}"
      end
    end
  end
end
