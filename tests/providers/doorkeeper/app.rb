#!/usr/bin/ruby
# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# An identity provider made with Doorkeeper and its OpenID Connect: app.rb FOLDER ISSUER PORT [plain]
# plain: without OpenID Connect, and so without metadata.
#
# The database is created in FOLDER, which has key.pem for ID tokens. Only for tests: POST
# /_admin/revoke/USER ends the sign-ins of that user, /_admin/expire all access tokens, and
# /_admin/key reads the key again.
FOLDER, ISSUER, PORT, plain = ARGV
PLAIN = plain == 'plain'
ENV['RAILS_ENV'] = 'production'
ENV['DATABASE_URL'] = "sqlite3:#{FOLDER}/site.db?pool=40&timeout=20000"

require 'rails'
require 'active_record/railtie'
require 'action_controller/railtie'
require 'rack/handler/webrick'
require 'doorkeeper'
require 'doorkeeper/openid_connect' unless PLAIN

# A site
class Site < Rails::Application
  config.root = FOLDER
  config.eager_load = false
  config.secret_key_base = 'not-secret'
  config.hosts.clear
  config.force_ssl = false
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  config.session_store :cookie_store, key: '_session'
end

def use_key
  Doorkeeper::OpenidConnect.configure do
    issuer ISSUER
    signing_key File.read("#{FOLDER}/key.pem")
    subject_types_supported [:public]
    protocol { :http }
    resource_owner_from_access_token { |token| User.find_by(id: token.resource_owner_id) }
    auth_time_from_resource_owner { |_| Time.now }
    reauthenticate_resource_owner { |_, _| nil }
    select_account_for_resource_owner { |_, _| nil }
    subject { |user, _| user.name }
  end
end

Doorkeeper.configure do
  orm :active_record
  resource_owner_authenticator do
    User.find_by(id: session[:user]) || begin
      session[:next] = request.fullpath
      redirect_to '/login'
      nil
    end
  end
  skip_authorization { true }
  use_refresh_token
  access_token_expires_in 120
  default_scopes(PLAIN ? :read : :openid)
  grant_flows %w[authorization_code]
  force_ssl_in_redirect_uri false
end
use_key unless PLAIN

# Its pages
class PagesController < ActionController::Base
  def ask
    render html: '<form method="post"><input name="username"><input name="password"></form>'.html_safe
  end

  def login
    user = User.find_by(name: params[:username])
    return head :forbidden unless user && params[:password] == 'wonderland'

    session[:user] = user.id
    redirect_to session.delete(:next)
  end

  def revoke
    Doorkeeper::AccessToken.where(resource_owner_id: User.find_by(name: params[:name]).id)
                           .update_all(revoked_at: Time.now.utc)
    head :no_content
  end

  def expire
    Doorkeeper::AccessToken.update_all(created_at: 1.hour.ago)
    head :no_content
  end

  def key
    use_key
    head :no_content
  end
end

Site.initialize!
# Somebody
class User < ActiveRecord::Base
end

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:users) { |t| t.string :name, null: false }
  # What the generators of both write.
  create_table :oauth_applications do |t|
    t.string :name, null: false
    t.string :uid, null: false
    t.string :secret, null: false
    t.text :redirect_uri, null: false
    t.string :scopes, null: false, default: ''
    t.boolean :confidential, null: false, default: true
    t.timestamps null: false
  end
  create_table :oauth_access_grants do |t|
    t.references :resource_owner, null: false
    t.references :application, null: false
    t.string :token, null: false
    t.integer :expires_in, null: false
    t.text :redirect_uri, null: false
    t.datetime :created_at, null: false
    t.datetime :revoked_at
    t.string :scopes, null: false, default: ''
    t.string :code_challenge
    t.string :code_challenge_method
  end
  create_table :oauth_access_tokens do |t|
    t.references :resource_owner, index: true
    t.references :application, null: false
    t.string :token, null: false
    t.string :refresh_token
    t.integer :expires_in
    t.datetime :revoked_at
    t.datetime :created_at, null: false
    t.string :scopes
    t.string :previous_refresh_token, null: false, default: ''
  end
  create_table :oauth_openid_requests do |t|
    t.references :access_grant, null: false
    t.string :nonce, null: false
  end
end

Site.routes.draw do
  use_doorkeeper { skip_controllers :applications, :authorized_applications }
  use_doorkeeper_openid_connect unless PLAIN
  get '/login', to: 'pages#ask'
  post '/login', to: 'pages#login'
  post '/_admin/revoke/:name', to: 'pages#revoke'
  post '/_admin/expire', to: 'pages#expire'
  post '/_admin/key', to: 'pages#key'
end
%w[alice bob].each { |name| User.create!(name: name) }
Doorkeeper::Application.create!(name: 'cli', uid: 'cli', confidential: false, scopes: PLAIN ? 'read' : 'openid',
                                redirect_uri: 'http://127.0.0.1/callback')
Rack::Handler::WEBrick.run(Site, Host: '127.0.0.1', Port: PORT.to_i, AccessLog: [])
