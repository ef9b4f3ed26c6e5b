# frozen_string_literal: true

require_relative 'wire'

module PuppetX
  module Groundrule
    module Events
      # A queue of a broker that speaks STOMP, 1.0 to 1.2: each event is there once its receipt is.
      class Stomp
        def initialize(config)
          @config = config
          @destination = config.uri.path
          raise 'to: names no destination such as /queue/events' if @destination.length < 2

          @count = 0
        end

        def deliver(events)
          connect unless @wire
          awaited = {}
          frames = events.map do |event|
            @count += 1
            awaited["event-#{@count}"] = true
            frame('SEND', { 'destination' => @destination, 'persistent' => 'true', 'content-type' => 'application/json',
                            'content-length' => event.bytesize, 'receipt' => "event-#{@count}" }, event)
          end
          @wire.write(frames.join)
          awaited.delete(expect('RECEIPT')['receipt-id']) until awaited.empty?
        end

        def close
          @wire&.close
        end

        private

        def connect
          host = @config.uri.hostname
          @wire = Wire.tcp(host, @config.port)
          @wire.secure(host, @config) if @config.scheme == 'stomp+tls'
          headers = { 'accept-version' => '1.0,1.1,1.2', 'host' => '/', 'heart-beat' => '0,0' }
          headers.update('login' => @config.user, 'passcode' => @config.password.to_s) if @config.user
          # No escapes in these: 1.0 knows none, and later versions have none in this frame.
          raise 'user or password holds a line feed' if headers.values.any? { |value| value.include?("\n") }

          @wire.write(frame('CONNECT', headers))
          expect('CONNECTED')
        end

        def frame(command, headers, body = '')
          head = headers.map { |name, value| "#{name}:#{value}\n" }.join
          "#{command}\n#{head}\n#{body}\0".b
        end

        # The headers of the next frame, which must be this one.
        def expect(command)
          text = @wire.read_to("\0").force_encoding(Encoding::UTF_8).scrub.sub(/\A[\r\n]+/, '')
          head = text.split(/\r?\n\r?\n/, 2).first.to_s.lines(chomp: true)
          headers = head.drop(1).reverse.to_h { |line| line.split(':', 2).then { |name, value| [name, value.to_s] } }
          return headers if head.first == command

          raise headers['message'] || "it answers #{head.first.to_s[0, 40].inspect} instead of #{command}"
        end
      end
    end
  end
end
