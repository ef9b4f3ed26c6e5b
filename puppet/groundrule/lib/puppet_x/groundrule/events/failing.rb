# frozen_string_literal: true

require 'fileutils'
require 'json'

module PuppetX
  module Groundrule
    module Events
      # Which resources failed at the last run, so that their recovery is told.
      class Failing
        def initialize(file)
          @file = file
        end

        # A file that can't be read is as good as none: the next run writes it anew.
        def before
          @before ||= begin
            names = File.exist?(@file) ? JSON.parse(File.read(@file, encoding: 'UTF-8')) : []
            names.is_a?(Array) ? names.grep(String) : []
          rescue JSON::ParserError
            []
          end
        end

        def keep(names)
          return if names.sort == before.sort

          FileUtils.mkdir_p(File.dirname(@file), mode: 0o700)
          File.write("#{@file}.new", JSON.generate(names), perm: 0o600)
          File.rename("#{@file}.new", @file)
        end
      end
    end
  end
end
