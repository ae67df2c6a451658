#!lua
-- Moves a subscriber's cursor, never back.
-- KEYS cursors   ARGV cursor number
local at = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if tonumber(ARGV[2]) > at then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return { 'done' }
