# frozen_string_literal: true

require 'fileutils'

module PuppetX
  module Groundrule
    module Events
      # Events that could not be sent: files with one event a line, of which the oldest go first. A file appears with all that it ever
      # has in it.
      class Spool
        LARGEST = 64 * 1024 * 1024

        attr_reader :directory

        def initialize(directory)
          @directory = directory
          # Those of this run are for the next one.
          @older = files
        end

        def keep(events)
          return if events.empty?

          FileUtils.mkdir_p(@directory, mode: 0o700)
          # The names are in the order of time.
          name = format('%<time>017.6f-%<pid>d', time: Time.now.to_f, pid: Process.pid)
          file = File.join(@directory, name)
          File.write("#{file}.new", events.map { |event| "#{event}\n" }.join, perm: 0o600)
          File.rename("#{file}.new", "#{file}.ndjson")
          shrink
        end

        # Sends the next few events of older runs; false if there are none, or another run sends them.
        def send_some(destination, count)
          return false unless current && mine?

          @file.seek(@sent)
          lines = @file.each_line.first(count)
          return leave if lines.empty?

          destination.deliver(lines.map(&:chomp))
          @sent += lines.sum(&:bytesize)
          shorten
          true
        end

        private

        def files
          Dir.glob(File.join(@directory, '*.ndjson')).sort
        end

        # The oldest file, open.
        def current
          until @file || @older.empty?
            begin
              @file = File.open(@older.first, 'rb+')
              @sent = 0
            rescue Errno::ENOENT
              @older.shift
            end
          end
          @file
        end

        # Whether no other run sends this file.
        def mine?
          return true if @file.flock(File::LOCK_EX | File::LOCK_NB) && File.identical?(@file, @older.first)

          done
          !@older.empty? && current ? mine? : false
        end

        # Nothing is left in it.
        def leave
          File.unlink(@older.first)
          done
          !@older.empty?
        end

        # A file is rewritten rarely, once half of it is sent: what is sent again after that is told by its identity.
        def shorten
          size = @file.size
          return leave if @sent >= size
          return if @sent < size / 2

          rest = "#{@older.first}.new"
          @file.seek(@sent)
          File.open(rest, 'wb', 0o600) { |file| IO.copy_stream(@file, file) }
          renewed = File.open(rest, 'rb+')
          renewed.flock(File::LOCK_EX)
          File.rename(rest, @older.first)
          @file.close
          @file = renewed
          @sent = 0
        end

        def done
          @file.close
          @file = nil
          @older.shift
        end

        # A machine whose broker is away for years must not fill its disk.
        def shrink
          kept = files
          total = kept.sum { |file| File.size?(file) || 0 }
          while total > LARGEST && kept.length > 1
            oldest = kept.shift
            total -= File.size?(oldest) || 0
            Events.warn_once("#{@directory} is larger than #{LARGEST} bytes; the oldest events are given up")
            FileUtils.rm_f(oldest)
          end
        end
      end
    end
  end
end
