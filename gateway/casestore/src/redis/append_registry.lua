#!lua
-- Appends a row to the registry's log.
-- KEYS registry   ARGV prev_rows row
local rows = redis.call('LLEN', KEYS[1])
if rows ~= tonumber(ARGV[1]) then
  return { 'stale', redis.call('LRANGE', KEYS[1], ARGV[1], -1) }
end
return { 'done', redis.call('RPUSH', KEYS[1], ARGV[2]) }
