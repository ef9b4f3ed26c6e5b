require "json"

module MCollective
  module Agent
    # Writes what each node registers as DIR/NAME.json, where plugin.registration.directory names DIR.
    class Registration
      attr_reader :timeout, :meta

      def self.activate?
        Config.instance.pluginconf.include?("registration.directory")
      end

      def initialize
        @timeout = 10
        @meta = { name: "registration", description: "keeps registrations", author: "groundrule", license: "MIT",
                  version: "1", url: "http://localhost/", timeout: 10 }
        @directory = Config.instance.pluginconf["registration.directory"]
      end

      def handlemsg(message, _connection)
        file = File.join(@directory, File.basename(message[:senderid]))
        kept = [:senderid, :callerid, :collective, :msgtime, :ttl, :agent, :requestid, :filter, :body]
        File.write("#{file}.new", JSON.generate(message.slice(*kept)))
        File.rename("#{file}.new", "#{file}.json")
        nil
      end

      def help
        "keeps registrations"
      end
    end
  end
end
