# frozen_string_literal: true

require_relative 'http'
require_relative 'stomp'
require_relative 'wire'

module PuppetX
  module Groundrule
    module Events
      # Where events go to. Each destination has `deliver(events)`, which returns once they have arrived and raises otherwise, and `close`.
      module Destination
        def self.to(config)
          case config.scheme
          when 'stomp', 'stomp+tls' then Stomp.new(config)
          when 'http', 'https' then Http.new(config)
          when 'unix' then Lines.new(config)
          when 'file' then Appending.new(config)
          end
        end

        # One event a line, at the end of a file.
        class Appending
          def initialize(config)
            @path = config.path
          end

          def deliver(events)
            File.open(@path, File::WRONLY | File::APPEND | File::CREAT, 0o600) do |file|
              file.write(events.map { |event| "#{event}\n" }.join)
            end
          end

          def close; end
        end

        # One event a line, to a socket of this machine.
        class Lines
          def initialize(config)
            @path = config.path
          end

          def deliver(events)
            @wire ||= Wire.unix(@path)
            @wire.write(events.map { |event| "#{event}\n" }.join)
          end

          def close
            @wire&.close
          end
        end
      end
    end
  end
end
