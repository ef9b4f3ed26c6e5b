# frozen_string_literal: true

require 'net/http'
require_relative 'wire'

module PuppetX
  module Groundrule
    module Events
      # A portal that takes events by HTTP, one a line.
      class Http
        def initialize(config)
          @config = config
        end

        def deliver(events)
          connect unless @http
          answer = @http.request(request(events))
          return if answer.is_a?(Net::HTTPSuccess)

          raise "HTTP #{answer.code} #{answer.body.to_s.lines.first.to_s.strip[0, 200]}".strip
        end

        def close
          @http&.finish
        rescue IOError
          nil
        end

        private

        def request(events)
          request = Net::HTTP::Post.new(@config.uri.request_uri, 'Content-Type' => 'application/x-ndjson')
          request['Authorization'] = "Bearer #{@config.token}" if @config.token
          request.basic_auth(@config.user, @config.password.to_s) if @config.user
          request.body = events.map { |event| "#{event}\n" }.join
          request
        end

        def connect
          http = Net::HTTP.new(@config.uri.hostname, @config.port, nil)
          http.ipaddr = Wire.addresses(@config.uri.hostname).first
          http.open_timeout = http.read_timeout = http.write_timeout = Wire::LIMIT
          http.max_retries = 0
          secure(http) if @config.scheme == 'https'
          http.start
          @http = http
        end

        def secure(http)
          http.use_ssl = true
          http.ca_file = @config.authority if @config.authority
          return unless @config.certificate

          http.cert = OpenSSL::X509::Certificate.new(File.read(@config.certificate))
          http.key = OpenSSL::PKey.read(File.read(@config.key || @config.certificate))
        end
      end
    end
  end
end
