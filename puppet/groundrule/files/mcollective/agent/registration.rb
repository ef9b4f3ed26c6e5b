require "json"

module MCollective
  module Agent
    # Hands on what each node registers, as JSON, for `groundrule registrations` and for estate directories:
    #
    #   plugin.registration.destination = /queue/registrations              on MCollective's own broker
    #   plugin.registration.destination = nats://USER@HOST:4222/SUBJECT     and in plugin.registration.password_file
    #   plugin.registration.directory = /var/lib/registrations              as DIR/NAME.json
    #
    # A destination, a directory or both; without any of them the agent is not there. One node of a collective needs it.
    class Registration
      KEPT = %i[senderid callerid collective msgtime ttl agent requestid filter body].freeze
      PLACES = %w[registration.destination registration.directory].freeze

      attr_reader :timeout, :meta

      def self.activate?
        PLACES.any? { |place| Config.instance.pluginconf.include?(place) }
      end

      def initialize
        @timeout = 10
        @meta = { name: "registration", description: "hands on registrations", author: "groundrule",
                  license: "Apache-2.0", version: "1", url: "https://github.com/groundrule/groundrule", timeout: 10 }
        @destination, @directory = PLACES.map { |place| Config.instance.pluginconf[place] }
        @nats = nats if @destination.to_s.start_with?("nats:")
      end

      def handlemsg(message, connection)
        json = JSON.generate(message.slice(*KEPT))
        publish(json, connection) if @destination
        write(File.basename(message[:senderid]), json) if @directory
        nil
      rescue StandardError => e
        Log.warn("the registration of #{message[:senderid]} is lost: #{e.class}: #{e.message}")
        nil
      end

      def help
        "hands on registrations"
      end

      private

      def nats
        require "mcollective/util/groundrule_nats"
        file = Config.instance.pluginconf["registration.password_file"]
        Util::GroundruleNats.new(@destination, file && File.read(file).chomp)
      end

      # To MCollective's broker over the connection that is there: no further login is needed.
      def publish(json, connection)
        return @nats.publish(json) if @nats

        connection.connection.publish(@destination, json, "persistent" => "true", "content-type" => "application/json")
      end

      # Whoever reads the directory sees whole files only.
      def write(name, json)
        file = File.join(@directory, name)
        File.write("#{file}.new", json)
        File.rename("#{file}.new", "#{file}.json")
      end
    end
  end
end
