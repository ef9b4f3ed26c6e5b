# frozen_string_literal: true

require 'uri'
require 'yaml'

module PuppetX
  module Groundrule
    module Events
      # Where events go, and with which login.
      class Config
        KEYS = %w[to user password_file token_file authority certificate key].freeze
        SCHEMES = %w[stomp stomp+tls http https file unix].freeze

        # Looked for in this order.
        def self.files
          [File.join(Puppet[:confdir], 'groundrule', 'events.yaml'), '/etc/groundrule/events.yaml']
        end

        # Nothing, if there is no file: then no events are wanted.
        def self.load
          file = files.find { |candidate| File.exist?(candidate) }
          file && new(file)
        end

        attr_reader :to, :scheme

        def initialize(file)
          @file = file
          @values = YAML.safe_load(File.read(file, encoding: 'UTF-8')) || {}
          raise "#{file}: not a list of `key: value`" unless @values.is_a?(Hash)

          unknown = @values.keys.map(&:to_s) - KEYS
          raise "#{file}: #{unknown.join(', ')}: not known; known are #{KEYS.join(', ')}" unless unknown.empty?

          @to = @values['to'].to_s
          @scheme = @to[/\A[a-z+]+(?=:)/]
          raise "#{file}: to: begins with none of #{SCHEMES.join(', ')}" unless SCHEMES.include?(@scheme)
          raise "#{file}: to: has a login; use user and password_file" if %r{\A[a-z+]+://[^/]*@}.match?(@to)
        end

        # The path of `file:PATH` and `unix:PATH`.
        def path
          @to.split(':', 2).last.sub(%r{\A//(?=/)}, '')
        end

        def uri
          @uri ||= URI.parse(@to.sub(/\Astomp(\+tls)?:/, 'http:')).tap do |uri|
            raise "#{@file}: to: names no host" if uri.hostname.to_s.empty?
          end
        end

        def port
          given = @to[%r{\A[a-z+]+://(?:\[[^\]]*\]|[^/:]*):(\d+)}, 1]
          given ? Integer(given, 10) : { 'stomp' => 61_613, 'stomp+tls' => 61_614, 'http' => 80, 'https' => 443 }.fetch(scheme)
        end

        def user
          @values['user']&.to_s
        end

        def password
          secret('password_file')
        end

        def token
          secret('token_file')
        end

        # Files of TLS.
        %w[authority certificate key].each { |name| define_method(name) { @values[name] } }

        private

        def secret(key)
          @values[key] && File.read(@values[key], encoding: 'UTF-8').chomp
        end
      end
    end
  end
end
