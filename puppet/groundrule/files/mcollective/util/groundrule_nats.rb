require "json"
require "socket"
require "timeout"
require "uri"

module MCollective
  module Util
    # Publishes to NATS, and knows of each message that the server has it before the next one.
    #
    #   GroundruleNats.new("nats://user@127.0.0.1:4222/registrations", password).publish(text)
    #
    # The server's replies are lines: INFO at first, PING to be answered, PONG to ours, -ERR where it refuses.
    class GroundruleNats
      PORT = 4222
      WAIT = 5

      def initialize(url, password)
        uri = URI.parse(url)
        subject = uri.path.to_s.delete_prefix("/")
        unless uri.host && subject.match?(/\A[^\s\/*>]+\z/)
          raise ArgumentError, "#{url.inspect} is no nats://HOST[:PORT]/SUBJECT"
        end

        @host = uri.host
        @port = uri.port || PORT
        @user = uri.user
        @password = password
        @subject = subject
      end

      # One more attempt over a new connection, since a server ends those that are silent for long.
      def publish(text)
        attempts = 0
        begin
          Timeout.timeout(WAIT) { send(text) }
        rescue StandardError
          close
          attempts += 1
          retry if attempts < 2
          raise
        end
      end

      private

      def send(text)
        connect unless @socket
        @socket.write("PUB #{@subject} #{text.bytesize}\r\n#{text}\r\nPING\r\n")
        pong
      end

      def connect
        @socket = TCPSocket.new(@host, @port)
        info = @socket.gets.to_s
        raise "#{@host}:#{@port} is no NATS server" unless info.start_with?("INFO ")
        raise "#{@host}:#{@port} wants TLS, which this agent does not speak" if JSON.parse(info[5..-1])["tls_required"]

        login = { verbose: false, pedantic: false, name: "groundrule registration", lang: "ruby", version: "1" }
        login.update(user: @user, pass: @password) if @user
        @socket.write("CONNECT #{JSON.generate(login)}\r\nPING\r\n")
        pong
      end

      def pong
        loop do
          line = @socket.gets
          case line
          when nil then raise "the server ended the connection"
          when /\APONG/ then return
          when /\APING/ then @socket.write("PONG\r\n")
          when /\A-ERR/ then raise line.strip
          end
        end
      end

      def close
        @socket&.close
      rescue IOError
        nil
      ensure
        @socket = nil
      end
    end
  end
end
