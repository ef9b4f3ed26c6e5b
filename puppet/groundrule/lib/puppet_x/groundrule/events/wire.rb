# frozen_string_literal: true

require 'io/wait'
require 'ipaddr'
require 'resolv'
require 'socket'

module PuppetX
  module Groundrule
    module Events
      # A connection that never blocks for longer than LIMIT, and that can be given up at any time.
      class Wire
        LIMIT = 10

        # The system's resolver cannot be interrupted: a run would wait for it at its end. Version 4 comes first, which works wherever
        # there is an address of it.
        def self.addresses(host)
          [IPAddr.new(host).to_s]
        rescue IPAddr::Error
          found = Resolv.getaddresses(host).sort_by.with_index { |address, at| [address.include?(':') ? 1 : 0, at] }
          raise "no address of #{host} is known" if found.empty?

          found
        end

        def self.tcp(host, port)
          addresses = addresses(host)
          begin
            new(Socket.sockaddr_in(port, addresses.shift))
          rescue SystemCallError
            addresses.empty? ? raise : retry
          end
        end

        def self.unix(path)
          new(Socket.sockaddr_un(path))
        end

        def initialize(address)
          family = Addrinfo.new(address).afamily
          @io = Socket.new(family, Socket::SOCK_STREAM)
          @unread = +''.b
          wait { @io.connect_nonblock(address, exception: false) }
        rescue SystemCallError
          @io&.close
          raise
        end

        # Speaks TLS from now on.
        def secure(host, config)
          require 'openssl'
          context = OpenSSL::SSL::SSLContext.new
          context.set_params(verify_mode: OpenSSL::SSL::VERIFY_PEER)
          context.ca_file = config.authority if config.authority
          if config.certificate
            context.cert = OpenSSL::X509::Certificate.new(File.read(config.certificate))
            context.key = OpenSSL::PKey.read(File.read(config.key || config.certificate))
          end
          @io = OpenSSL::SSL::SSLSocket.new(@io, context).tap { |io| io.sync_close = true }
          @io.hostname = host unless Resolv::AddressRegex.match?(host)
          wait { @io.connect_nonblock(exception: false) }
          @io.post_connection_check(host)
        end

        def write(bytes)
          bytes = bytes.b
          until bytes.empty?
            written = wait { @io.write_nonblock(bytes, exception: false) }
            bytes = bytes.byteslice(written..)
          end
        end

        # What comes before the byte, which is taken too.
        def read_to(byte, longest = 1 << 20)
          until (at = @unread.index(byte))
            raise 'too long an answer' if @unread.bytesize > longest

            part = wait { @io.read_nonblock(65_536, exception: false) }
            raise 'it closed the connection' if part.nil?

            @unread << part
          end
          @unread.slice!(0..at).chop
        end

        def close
          @io.close
        rescue SystemCallError, IOError
          nil
        end

        private

        # Until the operation is done.
        def wait
          until_when = now + LIMIT
          loop do
            result = yield
            return result unless %i[wait_readable wait_writable].include?(result)

            left = until_when - now
            socket = [@io.to_io]
            ready = left.positive? && (result == :wait_readable ? socket[0].wait_readable(left) : socket[0].wait_writable(left))
            raise "no answer within #{LIMIT} s" unless ready
          end
        rescue Errno::EISCONN
          0
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
